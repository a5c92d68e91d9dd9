package dev.elephantfolio.engine;

import dev.elephantfolio.engine.folio.DeferredSplitQueue;
import dev.elephantfolio.engine.folio.FolioPins;
import dev.elephantfolio.engine.folio.FolioSplit;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.gup.Pins;
import dev.elephantfolio.engine.migrate.MigrationEntries;
import dev.elephantfolio.engine.mm.Committed;
import dev.elephantfolio.engine.mm.VmSettings;
import dev.elephantfolio.engine.notifier.NotifierRegistration;
import dev.elephantfolio.engine.rmap.AnonVmas;
import dev.elephantfolio.engine.rmap.ReverseMap;
import dev.elephantfolio.engine.stat.NodeStats;
import dev.elephantfolio.engine.stat.ThpStats;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Mutations;
import dev.elephantfolio.engine.thp.HugeZeroFolio;
import dev.elephantfolio.engine.thp.PmdSplit;
import dev.elephantfolio.engine.thp.ThpOrders;
import dev.elephantfolio.engine.thp.ThpSettings;
import dev.elephantfolio.engine.tlb.TranslationGate;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Says what a {@link Machine} is to be like. Used by one thread. */
public final class MachineBuilder {
  /** How much of a page's content is kept. */
  public enum ContentsKind {
    /** All bytes. */
    BYTES,
    /** One 64-bit word a page: enough to tell zero pages and equal pages. */
    TAGS
  }

  private final Map<String, String> settings = new LinkedHashMap<>();
  private long memoryBytes = 4L << 30;
  private int cpus = 2;
  private ContentsKind contents = ContentsKind.TAGS;
  private Mutations mutations = Mutations.NONE;

  MachineBuilder() {}

  /**
   * @param bytes a multiple of 2 MiB, up to 16 TiB
   */
  public MachineBuilder memoryBytes(long bytes) {
    memoryBytes = bytes;
    return this;
  }

  public MachineBuilder cpus(int count) {
    cpus = count;
    return this;
  }

  public MachineBuilder contents(ContentsKind kind) {
    contents = kind;
    return this;
  }

  /** A setting from the start; checked by {@link #build}. */
  public MachineBuilder set(String key, String value) {
    settings.put(key, value);
    return this;
  }

  /** Leaves protections out, to see whether a check under concurrency notices. */
  public MachineBuilder without(Collection<Mutation> protections) {
    mutations = Mutations.of(protections);
    return this;
  }

  /**
   * @throws SettingException for a setting that is not there or a value it does not take
   */
  public Machine build() {
    Machine machine = new Machine(kernel());
    settings.forEach(machine::set);
    return machine;
  }

  private Kernel kernel() {
    Cpus processors = new Cpus(cpus);
    MemMap memMap = new MemMap(memoryBytes >>> 12);
    PageAllocator pages = new PageAllocator(memMap, processors, 0);
    Contents kept = contents == ContentsKind.BYTES ? Contents.bytes(memMap) : Contents.tags(memMap);
    VmEvents events = new VmEvents(processors);
    NodeStats nodeStats = new NodeStats(processors);
    ThpStats thpStats = new ThpStats(processors);
    DeferredSplitQueue deferred = new DeferredSplitQueue(memMap, events, thpStats, mutations);
    Folios folios = new Folios(memMap, pages, deferred, processors, nodeStats, thpStats, events);
    MapCounts mapCounts = new MapCounts(memMap, folios, deferred, nodeStats, thpStats, mutations);
    AnonVmas anonVmas = new AnonVmas();
    ReverseMap reverseMap = new ReverseMap(memMap, anonVmas);
    TranslationGate translations = new TranslationGate(processors);
    int zeroPfn = zeroPage(memMap, pages, kept);
    PmdSplit pmdSplit =
        new PmdSplit(memMap, folios, mapCounts, translations, events, zeroPfn, mutations);
    MigrationEntries migration =
        new MigrationEntries(
            memMap, kept, folios, mapCounts, reverseMap, pmdSplit, translations, zeroPfn);
    VmSettings vm = new VmSettings();
    ThpSettings thp = new ThpSettings();
    thp.addListener((_, now) -> deferred.queueUnderused(now.shrinkUnderused()));
    return new Kernel(
        processors,
        memMap,
        kept,
        pages,
        zeroPfn,
        new LongAdder(),
        new LongAdder(),
        events,
        nodeStats,
        thpStats,
        folios,
        new FolioPins(memMap, folios, nodeStats, zeroPfn),
        mapCounts,
        deferred,
        anonVmas,
        reverseMap,
        translations,
        vm,
        new Committed(vm, pages::managedFrames, () -> 0),
        thp,
        new ThpOrders(thp),
        new HugeZeroFolio(folios, kept, events),
        pmdSplit,
        migration,
        new FolioSplit(
            memMap,
            folios,
            mapCounts,
            deferred,
            reverseMap,
            migration,
            events,
            thpStats,
            mutations),
        new Pins(processors),
        new NotifierRegistration(processors, mutations),
        mutations);
  }

  private static int zeroPage(MemMap memMap, PageAllocator pages, Contents contents) {
    int pfn = pages.allocate(0, GfpFlags.KERNEL);
    if (pfn == 0) {
      throw new IllegalArgumentException("too little memory for a machine");
    }
    contents.clear(pfn, 1);
    memMap.setFlag(pfn, FolioFlags.RESERVED);
    return pfn;
  }
}
