package dev.elephantfolio.engine.invariant;

import static dev.elephantfolio.engine.invariant.Census.expect;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.FrameCheck;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.notifier.Subscriber;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.ThpStat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Walks everything and holds it against everything else: nothing is lost, nothing is owned twice,
 * every count is what it counts.
 *
 * <p>The machine must be at rest: no call under way in any thread. Costs time in proportion to what
 * is mapped.
 */
public final class Invariants {
  private static final int PMD_ORDER = 9;

  /** The part of nrPagesMapped that counts pages. */
  private static final int PAGES_MAPPED = 0x7F_FFFF;

  private final Kernel kernel;
  private final MemMap memMap;
  private final MapCounts mapCounts;
  private final Census census;
  private final HeldPages held;
  private final long[] foliosByOrder = new long[11];
  private final Map<Integer, Integer> batched = new HashMap<>();
  private final List<Integer> folios = new ArrayList<>();
  private long folioFrames;
  private long mappedAnonPages;
  private long hugeMappedPages;
  private long partiallyMapped;
  private long secondaryTableFrames;

  private Invariants(Kernel kernel) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.mapCounts = kernel.mapCounts();
    this.census = new Census(kernel);
    this.held = new HeldPages(kernel);
  }

  /**
   * Checks the whole machine.
   *
   * @throws InvariantError naming the first thing that does not hold
   */
  public static void check(Machine machine) {
    new Invariants(machine.kernel()).checkAll(machine);
  }

  private void checkAll(Machine machine) {
    Set<AddressSpace> spaces = new LinkedHashSet<>();
    for (Process process : machine.processes()) {
      spaces.add(process.memory());
    }
    for (AddressSpace mm : spaces) {
      checkAreas(mm);
      census.add(mm);
      checkSubscribers(mm);
    }
    Map<Integer, Integer> cached = cachedFrames(machine, spaces);
    kernel.folios().lru().forEachBatched(head -> batched.merge(head, 1, Integer::sum));
    census.mappings.forEachFolio(head -> checkFolio(head, cached.getOrDefault(head, 0)));
    checkUnmapped(cached);
    checkZeroFolios();
    checkCounters();
    checkFrames();
  }

  /** Nobody translates an address otherwise than the process itself. */
  private void checkSubscribers(AddressSpace mm) {
    try {
      mm.notifiers().check();
    } catch (IllegalStateException stale) {
      throw new InvariantError(mm + ": " + stale.getMessage());
    }
    for (Subscriber subscriber : mm.notifiers().subscribers()) {
      secondaryTableFrames += subscriber.tableFrames();
    }
  }

  /** Folios that nothing maps: kept by a cache, or by those who hold pages. */
  private void checkUnmapped(Map<Integer, Integer> cached) {
    Set<Integer> heads = new LinkedHashSet<>(cached.keySet());
    heads.addAll(held.heads());
    heads.remove(kernel.zeroPfn());
    heads.remove(kernel.hugeZero().pfn());
    for (int head : heads) {
      if (!census.mappings.isMapped(head)) {
        checkFolio(head, cached.getOrDefault(head, 0));
      }
    }
  }

  /** Mappings of zero folios are not counted. */
  private void checkZeroFolios() {
    int zero = kernel.zeroPfn();
    expect(() -> "references of the zero page", 1 + held.references(zero), memMap.refCount(zero));
    int huge = kernel.hugeZero().pfn();
    if (huge != 0) {
      int references = 1 + held.references(huge);
      expect(() -> "references of the huge zero folio", references, memMap.refCount(huge));
    }
  }

  private static Map<Integer, Integer> cachedFrames(Machine machine, Set<AddressSpace> spaces) {
    Set<MappedFile> files = new LinkedHashSet<>(machine.files());
    for (AddressSpace mm : spaces) {
      for (Vma vma = mm.vmas().find(0); vma != null; vma = mm.vmas().next(vma)) {
        MappedFile file = vma.file();
        if (file != null) {
          files.add(file);
        }
      }
    }
    Map<Integer, Integer> cached = new HashMap<>();
    for (MappedFile file : files) {
      for (int pfn : file.frames().values()) {
        cached.merge(pfn, 1, Integer::sum);
      }
    }
    return cached;
  }

  private static void checkAreas(AddressSpace mm) {
    long pages = 0;
    long end = 0;
    for (Vma vma = mm.vmas().find(0); vma != null; vma = mm.vmas().next(vma)) {
      if (vma.start() < end || vma.end() <= vma.start()) {
        throw new InvariantError(mm + ": areas out of order at " + vma);
      }
      end = vma.end();
      pages += vma.pages();
    }
    expect(() -> "mapped pages of " + mm, pages, mm.totalVmPages());
  }

  private void checkFolio(int head, int cacheReferences) {
    int order = memMap.order(head);
    int pages = 1 << order;
    int mapped = 0;
    int small = 0;
    for (int page = head; page != head + pages; page++) {
      int at = page;
      int ptes = census.mappings.small(page);
      expect(() -> name(head) + ": mapCount of page " + (at - head), ptes, memMap.mapCount(page));
      small += ptes;
      mapped += ptes > 0 ? 1 : 0;
    }
    int huge = census.mappings.huge(head);
    expect(() -> name(head) + ": mappings", small + huge, mapCounts.folioMapCount(head));
    if (order > 0) {
      checkLarge(head, order, huge, mapped);
    }
    int references =
        small + huge + cacheReferences + batched.getOrDefault(head, 0) + held.references(head);
    expect(() -> name(head) + ": references", references, memMap.refCount(head));
    folios.add(head);
    folioFrames += pages;
    if (memMap.testFlag(head, FolioFlags.ANON)) {
      mappedAnonPages += huge > 0 ? pages : mapped;
      hugeMappedPages += huge > 0 ? pages : 0;
      foliosByOrder[order]++;
    }
  }

  private String name(int head) {
    return "folio " + memMap.describe(head);
  }

  private void checkLarge(int head, int order, int huge, int pagesMapped) {
    expect(() -> name(head) + ": entireMapCount", huge, memMap.entireMapCount(head));
    expect(() -> name(head) + ": pins", held.pins(head), memMap.pinCount(head));
    int kept = memMap.nrPagesMapped(head) & PAGES_MAPPED;
    expect(() -> name(head) + ": pages mapped by PTEs", pagesMapped, kept);
    boolean shared = memMap.testFlag(head, FolioFlags.MAYBE_MAPPED_SHARED);
    if (!shared && census.mappings.owners(head) > 1) {
      throw new InvariantError(name(head) + ": mapped by several but not marked as shared");
    }
    boolean partial = memMap.testFlag(head, FolioFlags.PARTIALLY_MAPPED);
    if (partial && !memMap.testFlag(head, FolioFlags.DEFERRED)) {
      throw new InvariantError(name(head) + ": partially mapped but not queued to be split");
    }
    partiallyMapped += partial && order == PMD_ORDER ? 1 : 0;
  }

  private void checkCounters() {
    expect(() -> "nr_anon_pages", mappedAnonPages, kernel.nodeStats().get(NodeStat.NR_ANON_PAGES));
    expect(
        () -> "nr_anon_transparent_hugepages",
        hugeMappedPages,
        kernel.nodeStats().get(NodeStat.NR_ANON_TRANSPARENT_HUGEPAGES));
    for (int i = 1; i <= PMD_ORDER; i++) {
      int order = i;
      expect(
          () -> "nr_anon of order " + order,
          foliosByOrder[order],
          kernel.thpStats().get(order, ThpStat.NR_ANON));
    }
    expect(
        () -> "nr_anon_partially_mapped of order 9",
        partiallyMapped,
        kernel.thpStats().get(PMD_ORDER, ThpStat.NR_ANON_PARTIALLY_MAPPED));
    expect(() -> "page tables", census.countedTables, kernel.pageTableFrames().sum());
  }

  /** Every allocated frame belongs to something that was counted. */
  private void checkFrames() {
    long zeroFrames = 1 + (kernel.hugeZero().pfn() == 0 ? 0 : 1L << PMD_ORDER);
    kernel.folios().lru().drainAll();
    new LruCensus(kernel).check(folios);
    long allocated = FrameCheck.check(kernel.pages());
    long tableFrames = census.tableFrames + secondaryTableFrames;
    expect(() -> "allocated frames", folioFrames + zeroFrames + tableFrames, allocated);
  }
}
