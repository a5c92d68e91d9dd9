package dev.elephantfolio.engine;

import dev.elephantfolio.engine.fault.FaultHandler;
import dev.elephantfolio.engine.fault.UserAccess;
import dev.elephantfolio.engine.gup.Gup;
import dev.elephantfolio.engine.io.IoCalls;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.AddressSpaces;
import dev.elephantfolio.engine.mm.BrkCall;
import dev.elephantfolio.engine.mm.Capabilities;
import dev.elephantfolio.engine.mm.ExecCall;
import dev.elephantfolio.engine.mm.ExitCall;
import dev.elephantfolio.engine.mm.ForkCall;
import dev.elephantfolio.engine.mm.Limits;
import dev.elephantfolio.engine.mm.MadviseCall;
import dev.elephantfolio.engine.mm.MlockCalls;
import dev.elephantfolio.engine.mm.MmContext;
import dev.elephantfolio.engine.mm.MmapCall;
import dev.elephantfolio.engine.mm.MprotectCall;
import dev.elephantfolio.engine.mm.MremapCall;
import dev.elephantfolio.engine.mm.MunmapCall;
import dev.elephantfolio.engine.mm.PageTableRanges;
import dev.elephantfolio.engine.mm.PrctlCall;
import dev.elephantfolio.engine.mm.VmaLookup;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.stat.KernelPages;
import dev.elephantfolio.engine.stat.MemoryReader;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.thp.DeferredSplitShrinker;
import dev.elephantfolio.engine.thp.Khugepaged;
import dev.elephantfolio.engine.thp.MadviseCollapse;
import dev.elephantfolio.engine.thp.SplitRange;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A machine with its memory and the kernel's management of it, on which processes run.
 *
 * <p>Built by {@link #builder}. Time is simulated: it passes only by {@link #advanceTo}, which also
 * lets the daemons do what is due; {@link Khugepaged#start} runs one as a thread instead. Any
 * thread may use the machine and its processes at any time.
 */
public final class Machine {
  /** Linux describes each frame with 64 bytes of vmemmap. */
  private static final int STRUCT_PAGES_A_PAGE = 64;

  private final Kernel kernel;
  private final Settings settings;
  private final AddressSpaces addressSpaces;
  private final MemoryCalls calls;
  private final FaultHandler faults;
  private final MemoryReader reader;
  private final KernelPages kernelPages;
  private final Khugepaged khugepaged;
  private final DeferredSplitShrinker shrinker;
  private final SplitRange splitRange;
  private final ConcurrentSkipListMap<Integer, Process> processes = new ConcurrentSkipListMap<>();
  private final ConcurrentHashMap<String, MappedFile> files = new ConcurrentHashMap<>();
  private final AtomicInteger nextPid = new AtomicInteger(1);

  Machine(Kernel kernel) {
    this.kernel = kernel;
    this.settings = new Settings(kernel.thp(), kernel.vm());
    this.khugepaged = new Khugepaged(kernel);
    this.shrinker = new DeferredSplitShrinker(kernel);
    this.splitRange = new SplitRange(kernel);
    this.addressSpaces =
        new AddressSpaces(
            kernel.pages(),
            kernel.memMap(),
            kernel.pageTableFrames(),
            kernel.cpus(),
            kernel.vm(),
            kernel.notifierRegistration(),
            kernel.mutations());
    PageTableRanges ranges = new PageTableRanges(kernel, khugepaged, this::faults);
    MmContext context = new MmContext(kernel.vm(), kernel.committed(), kernel.anonVmas(), ranges);
    this.faults = new FaultHandler(kernel, new VmaLookup(context), khugepaged);
    this.calls = calls(context, ranges);
    this.reader = new MemoryReader(kernel.memMap(), kernel.mapCounts(), kernel.thpOrders());
    this.kernelPages =
        new KernelPages(kernel.memMap(), kernel.mapCounts(), kernel.hugeZero(), kernel.zeroPfn());
    kernel.pages().reclaimWith(shrinker);
  }

  private MemoryCalls calls(MmContext context, PageTableRanges ranges) {
    Gup gup = new Gup(kernel, faults);
    UserAccess access = new UserAccess(kernel, faults);
    return new MemoryCalls(
        new MmapCall(context),
        new MunmapCall(context),
        new MremapCall(context, kernel),
        new MprotectCall(context),
        new MadviseCall(context, kernel, ranges, new MadviseCollapse(kernel, khugepaged)),
        new BrkCall(context),
        new MlockCalls(context),
        new PrctlCall(context),
        new ForkCall(context, kernel, addressSpaces, khugepaged),
        new ExecCall(context, addressSpaces),
        new ExitCall(context, kernel, khugepaged),
        access,
        gup,
        new IoCalls(kernel, gup, access));
  }

  /** What resolves faults, for who accesses a process's memory on its behalf. */
  public FaultHandler faults() {
    return faults;
  }

  /** get_user_pages, for who holds pages of a process's memory on its behalf. */
  public Gup gup() {
    return calls.gup();
  }

  /** A builder of a machine of 4 GiB with two processors and Linux 6.18's defaults. */
  public static MachineBuilder builder() {
    return new MachineBuilder();
  }

  /** The parts of its memory management, for checks and for what the face does not show. */
  public Kernel kernel() {
    return kernel;
  }

  MemoryReader reader() {
    return reader;
  }

  // Settings.

  /**
   * Writes a setting by the kernel's name, such as {@code transparent_hugepage/enabled}.
   *
   * @throws SettingException for an unknown key or a value it does not take
   */
  public void set(String key, String value) {
    settings.set(key, value);
  }

  /**
   * What a setting reads as.
   *
   * @throws SettingException for an unknown key
   */
  public String get(String key) {
    return settings.get(key);
  }

  /** The names of all settings. */
  public List<String> settingKeys() {
    return settings.keys();
  }

  // Processes and files.

  /**
   * Starts a process as exec leaves it: with a stack and nothing else.
   *
   * @throws MemoryException ENOMEM
   */
  public Process spawn(String name) {
    AddressSpace blank = addressSpaces.create(Limits.standard(), Capabilities.ALL);
    AddressSpace memory = calls.exec().exec(blank);
    calls.exit().exit(blank);
    return adopt(name, memory);
  }

  Process adopt(String name, AddressSpace memory) {
    int pid = nextPid.getAndIncrement();
    Process process = new Process(this, calls, pid, name, memory);
    processes.put(pid, process);
    return process;
  }

  void bury(Process process) {
    processes.remove(process.pid());
  }

  /** The living processes by pid. */
  public List<Process> processes() {
    return List.copyOf(processes.values());
  }

  /** The file of that name, made when it is new; {@code writable} then says how it is opened. */
  public MappedFile file(String name, boolean writable) {
    return files.computeIfAbsent(name, key -> MappedFile.file(key, writable));
  }

  /** All files that were ever asked for; for checks. */
  public List<MappedFile> files() {
    return List.copyOf(files.values());
  }

  // Time and daemons.

  /** Lets simulated time pass up to {@code nanos} since the machine's start, daemons included. */
  public void advanceTo(long nanos) {
    khugepaged.advanceTo(nanos);
  }

  /** khugepaged: to step it by full scans, or to run it as a thread. */
  public Khugepaged khugepaged() {
    return khugepaged;
  }

  /** What splits deferred and underused huge pages under memory pressure. */
  public DeferredSplitShrinker deferredSplitShrinker() {
    return shrinker;
  }

  /**
   * Drops what can be had again, as writing 3 to {@code /proc/sys/vm/drop_caches} does: works off
   * the deferred-split queue and frees an unused huge zero page. The plain model of files keeps
   * their pages.
   */
  public void dropCaches() {
    kernel.folios().lru().drainAll();
    shrinker.dropAll();
  }

  /**
   * Splits every large folio that {@code process} maps in the range to {@code newOrder}, as writing
   * to debugfs's {@code split_huge_pages} does.
   */
  public void splitHugePages(Process process, long startAddress, long endAddress, int newOrder) {
    splitRange.split(process.memory(), startAddress, endAddress, newOrder);
  }

  // Counters.

  public long memoryBytes() {
    return kernel.memMap().frames() << 12;
  }

  /** Memory in no use, the per-processor lists included. */
  public long freeBytes() {
    return (kernel.pages().freePages() + kernel.pages().perCpuPages()) << 12;
  }

  /** {@code /proc/vmstat}: event counters and gauges by the kernel's names. */
  public SortedMap<String, Long> vmStat() {
    SortedMap<String, Long> all = new TreeMap<>();
    for (VmEvent event : VmEvent.values()) {
      all.put(event.kernelName(), kernel.events().get(event));
    }
    for (NodeStat stat : NodeStat.values()) {
      all.put(stat.kernelName(), kernel.nodeStats().get(stat));
    }
    all.merge("nr_anon_transparent_hugepages", 0L, (pages, _) -> pages / 512);
    all.put("nr_free_pages", kernel.pages().freePages());
    all.put("nr_page_table_pages", kernel.pageTableFrames().sum());
    all.put("nr_sec_page_table_pages", kernel.secondaryTableFrames().sum());
    all.put("nr_memmap_boot_pages", kernel.memMap().frames() / STRUCT_PAGES_A_PAGE);
    all.put("nr_memmap_pages", 0L);
    return all;
  }

  /** What {@code /proc/kpagecount} says of a frame: how often its page is mapped. */
  public int pageCount(int pfn) {
    return kernelPages.count(pfn);
  }

  /** What {@code /proc/kpageflags} says of a frame: bits of {@link KernelPages}. */
  public long pageFlags(int pfn) {
    return kernelPages.flags(pfn);
  }

  /** The counters of {@code hugepages-<size>kB/stats} for folios of {@code order}. */
  public Map<ThpStat, Long> thpStats(int order) {
    Map<ThpStat, Long> stats = new EnumMap<>(ThpStat.class);
    for (ThpStat stat : ThpStat.values()) {
      stats.put(stat, kernel.thpStats().get(order, stat));
    }
    return stats;
  }

  /** Folios that wait on the deferred-split queue. */
  public int deferredSplitFolios() {
    return kernel.deferred().length();
  }
}
