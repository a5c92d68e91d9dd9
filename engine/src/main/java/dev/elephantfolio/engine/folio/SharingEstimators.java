package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.rmap.ReverseMap;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Is this folio mapped by more than one process? What Linux answered over the years, side by side
 * on the same state, and the truth.
 *
 * <pre>
 *  estimator                   | kernels     | asks                                  | errs
 *  ----------------------------+-------------+---------------------------------------+-------------
 *  folio_estimated_sharers     | before 6.10 | the first page's mapcount             | both ways
 *  folio_likely_mapped_shared  | 6.10 - 6.14 | all mappings; more than pages, or by  | misses a folio
 *                              |             | a PMD and more than one: shared; else | shared in parts
 *                              |             | the first page's mapcount             |
 *  folio_maybe_mapped_shared   | from 6.15   | two owner slots                       | calls shared what
 *                              |             |                                       | a third had
 * </pre>
 *
 * <p>Any thread may ask; while mappings change, the answers are of different moments. Behaviour:
 * include/linux/mm.h of those kernels.
 */
public final class SharingEstimators {
  private final MemMap memMap;
  private final MapCounts mapCounts;
  private final ReverseMap reverseMap;

  /**
   * What each says of one folio.
   *
   * @param estimatedSharers the first page's mapcount; more than one is meant to say shared
   * @param likelyMappedShared the answer of 6.10
   * @param maybeMappedShared the answer of 6.15 and later
   * @param owners the truth: address spaces that map any page of it
   * @param sharedPages the truth: pages that more than one of them maps
   */
  public record Answers(
      int estimatedSharers,
      boolean likelyMappedShared,
      boolean maybeMappedShared,
      int owners,
      int sharedPages) {}

  public SharingEstimators(MemMap memMap, MapCounts mapCounts, ReverseMap reverseMap) {
    this.memMap = memMap;
    this.mapCounts = mapCounts;
    this.reverseMap = reverseMap;
  }

  /**
   * Asks all of them about an anonymous folio.
   *
   * @param head its first frame
   * @throws IllegalArgumentException for the frame of anything else
   */
  public Answers ask(int head) {
    if (!memMap.testFlag(head, FolioFlags.ANON) || memMap.head(head) != head) {
      throw new IllegalArgumentException("frame " + head + " is not the first of an anonymous one");
    }
    Owners truth = new Owners(head, memMap.pages(head));
    AnonVma anonVma = reverseMap.lockForWrite(head);
    if (anonVma != null) {
      truth.find(anonVma);
      anonVma.lock().writeUnlock();
    }
    return new Answers(
        mapCounts.pageMapCount(head),
        likelyMappedShared(head),
        mapCounts.maybeMappedShared(head),
        truth.all.size(),
        truth.sharedPages);
  }

  private boolean likelyMappedShared(int head) {
    int mappings = mapCounts.folioMapCount(head);
    if (!memMap.isLarge(head) || mappings <= 1) {
      return mappings > 1;
    }
    boolean certain = memMap.entireMapCount(head) > 0 || mappings > memMap.pages(head);
    return certain || memMap.mapCount(head) > 1;
  }

  /** Who maps which page of a folio, by a walk of all tables that may. */
  private final class Owners {
    private final int head;
    private final Set<AddressSpace> all = Collections.newSetFromMap(new IdentityHashMap<>());
    private final @Nullable AddressSpace[] firstOwners;
    private final boolean[] shared;
    private int sharedPages;

    Owners(int head, int pages) {
      this.head = head;
      this.firstOwners = new AddressSpace[pages];
      this.shared = new boolean[pages];
    }

    /** The anon_vma is locked by the caller. */
    void find(AnonVma anonVma) {
      reverseMap.walk(
          head,
          firstOwners.length,
          anonVma,
          (vma, address, firstPage, pages) -> {
            for (int i = 0; i < pages; i++) {
              look(vma.mm(), address + i * PageTables.PAGE_SIZE, firstPage + i);
            }
            return true;
          });
    }

    private void look(AddressSpace mm, long address, int page) {
      long entry = mm.tables().load(address);
      if (!Pte.isPresent(entry) || Pte.isSpecial(entry)) {
        return;
      }
      long within = Pte.isLeaf(entry) ? (address & ~PageTables.PMD_MASK) / PageTables.PAGE_SIZE : 0;
      if (Pte.pfn(entry) + within == head + page) {
        add(mm, page);
      }
    }

    private void add(AddressSpace mm, int page) {
      all.add(mm);
      AddressSpace first = firstOwners[page];
      if (first == null) {
        firstOwners[page] = mm;
      } else if (first != mm && !shared[page]) {
        shared[page] = true;
        sharedPages++;
      }
    }
  }
}
