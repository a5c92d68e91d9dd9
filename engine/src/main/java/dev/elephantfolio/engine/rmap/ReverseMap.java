package dev.elephantfolio.engine.rmap;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.Vma;
import org.jspecify.annotations.Nullable;

/**
 * Walks from a folio to the places that may map it.
 *
 * <p>A folio's {@code mapping} word holds the number of its anon_vma in the upper 28 bits and the
 * page offset of its first page in the lower 36.
 */
public final class ReverseMap {
  private static final int INDEX_BITS = 36;
  private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;

  /** A place that may map a page of the folio; false ends the walk. */
  public interface Visitor {
    /**
     * @param address where the first page of the folio that the VMA covers would be mapped
     * @param firstPage the number of that page in the folio
     * @param pages how many pages of the folio the VMA covers from there
     */
    boolean visit(Vma vma, long address, int firstPage, int pages);
  }

  private final MemMap memMap;
  private final AnonVmas anonVmas;

  public ReverseMap(MemMap memMap, AnonVmas anonVmas) {
    this.memMap = memMap;
    this.anonVmas = anonVmas;
  }

  /** The mapping word for an anonymous folio. */
  public static long anonMapping(AnonVma anonVma, long pageIndex) {
    return ((long) anonVma.id() << INDEX_BITS) | (pageIndex & INDEX_MASK);
  }

  /** The page offset of a folio, from its mapping word. */
  public static long index(long mapping) {
    return mapping & INDEX_MASK;
  }

  public static int anonVmaId(long mapping) {
    return (int) (mapping >>> INDEX_BITS);
  }

  /** The anon_vma of {@code head}, locked for write; null when the folio has none any more. */
  public @Nullable AnonVma lockForWrite(int head) {
    while (true) {
      long mapping = memMap.mapping(head);
      if (mapping == 0 || !memMap.testFlag(head, FolioFlags.ANON)) {
        return null;
      }
      AnonVma anonVma = anonVmas.get(anonVmaId(mapping));
      if (anonVma == null) {
        return null;
      }
      anonVma.lock().writeLock();
      if (memMap.mapping(head) == mapping && anonVmas.get(anonVma.id()) == anonVma) {
        return anonVma;
      }
      anonVma.lock().writeUnlock();
    }
  }

  /** Visits every place that may map the {@code pages} pages of {@code head}; locked by caller. */
  public void walk(int head, int pages, AnonVma anonVma, Visitor visitor) {
    long first = index(memMap.mapping(head));
    anonVma.tree.visit(
        first,
        first + pages - 1,
        chain -> {
          Vma vma = chain.vma();
          long from = Math.max(first, vma.pageOffset());
          long end = vma.pageOffset() + ((vma.end() - vma.start()) >>> 12);
          long upTo = Math.min(first + pages, end);
          long address = vma.start() + ((from - vma.pageOffset()) << 12);
          return visitor.visit(vma, address, (int) (from - first), (int) (upTo - from));
        });
  }
}
