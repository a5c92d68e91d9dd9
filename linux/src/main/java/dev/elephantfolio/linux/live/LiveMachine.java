package dev.elephantfolio.linux.live;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.libc.LibC;
import dev.elephantfolio.linux.live.Controller.DiedException;
import dev.elephantfolio.linux.live.Controller.Request;
import dev.elephantfolio.linux.proc.VmStat;
import dev.elephantfolio.linux.program.CompiledProgram;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The running kernel as a machine for scenarios: real processes that make memory calls, and a look
 * at all that can be seen of their memory.
 *
 * <p>It takes root, a kernel with huge pages and PAGEMAP_SCAN, and a C compiler when it is used for
 * the first time. While it is open khugepaged works only when {@link #khugepagedScans} asks it to,
 * this JVM uses no huge pages, and only one is open on a machine. Settings go back to what they
 * were on {@link #close}, when the JVM goes down, and, after it was killed outright, when the next
 * one is opened. If the C program that has the processes dies, the call at hand says so, everything
 * is put back, and the machine is closed.
 *
 * <p>Not thread-safe.
 */
public final class LiveMachine implements AutoCloseable {
  private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage");
  private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");
  private static final int SLOTS = 62;
  private static final int WITH_VALUES = 1;
  private static final int LAST_CPU = -1;

  private final LiveSettings settings;
  private final Controller controller;
  private final @Nullable LiveProcess[] processes = new @Nullable LiveProcess[SLOTS];
  private final boolean splitsByFile;
  private final boolean valuesByFrames;
  private final StrangerWatch strangers = new StrangerWatch();
  private boolean hugePagesWereOff;
  private boolean open = true;

  private LiveMachine(LiveSettings settings, Controller controller) {
    this.settings = settings;
    this.controller = controller;
    ByteBuffer features = controller.ask(Request.HELLO);
    this.splitsByFile = features.getLong() != 0;
    this.valuesByFrames = features.getLong() != 0;
  }

  /**
   * Opens it.
   *
   * @param baseline what settings are when a scenario begins, by the kernel's names; others stay as
   *     they are
   * @param say is told in one line when something that a killed run had changed was put back
   * @throws LinuxException when something is missing: one line that says what
   */
  public static LiveMachine open(Map<String, String> baseline, Consumer<String> say) {
    return open(baseline, say, CompiledProgram.usualCache());
  }

  /** Opens it with the compiled programs kept in a directory. */
  public static LiveMachine open(Map<String, String> baseline, Consumer<String> say, Path cache) {
    requireMachine();
    LiveSettings settings = LiveSettings.open(say);
    try {
      Controller controller = Controller.start(cache, LAST_CPU);
      settings.endFirst(controller::close);
      LiveMachine machine = new LiveMachine(settings, controller);
      machine.begin(baseline);
      return machine;
    } catch (DiedException e) {
      settings.close();
      throw new LinuxException(String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      settings.close();
      throw e;
    }
  }

  private static void requireMachine() {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      throw new LinuxException("the live kernel must be Linux on x86-64");
    }
    if (!Files.isDirectory(HUGE_PAGES)) {
      throw new LinuxException("this kernel has no huge pages: there is no " + HUGE_PAGES);
    }
    if (!Files.isWritable(HUGE_PAGES.resolve("enabled"))) {
      throw new LinuxException("no right to use the live kernel: run as root");
    }
  }

  private void begin(Map<String, String> baseline) {
    try {
      hugePagesWereOff = LibC.hugePagesDisabled();
      LibC.disableHugePages(true);
    } catch (IOException e) {
      throw new LinuxException("huge pages cannot be kept from this JVM: " + e.getMessage(), e);
    }
    ByteBuffer _ = controller.ask(Request.PREPARE);
    settings.begin(baseline);
  }

  /** Whether folios are split by debugfs; if not, only exclusive ones are, and only to order 0. */
  public boolean splitsByFile() {
    return splitsByFile;
  }

  /**
   * Whether values are read without marking pages as accessed; if not, the processes load them, at
   * the end of an observation.
   */
  public boolean readsValuesUnseen() {
    return valuesByFrames;
  }

  /** The C program's pid. */
  public long controllerPid() {
    return controller.pid();
  }

  ByteBuffer ask(Request kind, long... words) {
    if (!open) {
      throw new LinuxException("the live machine is closed");
    }
    if (kind != Request.COUNTERS && kind != Request.OBSERVE) {
      strangers.active();
    }
    try {
      return controller.ask(kind, words);
    } catch (DiedException e) {
      close();
      throw new LinuxException(e.getMessage() + "; settings were put back", e);
    }
  }

  // Settings.

  /**
   * Writes a setting.
   *
   * @throws LinuxException when there is no such key, or the value is none of its values
   */
  public void set(String key, String value) {
    settings.set(key, value);
  }

  /** Ends all processes and puts the settings of the baseline in force. */
  public void reset() {
    ByteBuffer _ = ask(Request.END_ALL);
    for (LiveProcess process : List.copyOf(living())) {
      bury(process);
    }
    settings.reset();
    strangers.forget();
  }

  // Processes.

  /** Starts a process with nothing in its memory. */
  public LiveProcess spawn(String name) {
    int slot = freeSlot(name);
    return adopt(name, slot, ask(Request.SPAWN, slot).getLong());
  }

  int freeSlot(String name) {
    for (int slot = 0; slot < SLOTS; slot++) {
      if (processes[slot] == null) {
        return slot;
      }
    }
    throw new LinuxException(name + ": more than " + SLOTS + " processes at a time");
  }

  LiveProcess adopt(String name, int slot, long pid) {
    LiveProcess process = new LiveProcess(this, name, slot, pid);
    processes[slot] = process;
    return process;
  }

  void bury(LiveProcess process) {
    processes[process.slot()] = null;
    process.buried();
  }

  /** Those that live. */
  public List<LiveProcess> living() {
    List<LiveProcess> living = new ArrayList<>();
    for (LiveProcess process : processes) {
      if (process != null) {
        living.add(process);
      }
    }
    return living;
  }

  /**
   * The one that lives under that name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public LiveProcess process(String name) {
    for (LiveProcess process : processes) {
      if (process != null && process.name().equals(name)) {
        return process;
      }
    }
    throw new IllegalArgumentException("no process " + name);
  }

  // What the kernel does by itself.

  /**
   * Has khugepaged make that many full scans of everything.
   *
   * @return how many it made: none while huge pages are off
   */
  public long khugepagedScans(int scans) {
    return ask(Request.SCANS, scans).getLong();
  }

  /** Writes 3 to {@code /proc/sys/vm/drop_caches}: clean page cache, and what shrinkers give. */
  public void dropCaches() {
    try {
      Files.writeString(DROP_CACHES, "3");
    } catch (IOException e) {
      throw new LinuxException(DROP_CACHES + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /**
   * Waits until a DAMON scheme of this machine, if one is on, has just done its round, so that the
   * seconds up to its next are undisturbed. Does not wait longer than a scheme's usual pause.
   */
  public void awaitCalm() {
    if (DamonSchemes.live().areOn()) {
      LongSupplier applied = () -> ask(Request.APPLIED).getLong();
      DamonSchemes.awaitRound(applied);
    }
  }

  // Looks.

  /**
   * Looks at processes. What is on its way to an LRU list arrives there first.
   *
   * @param ranges what to look at, ascending
   * @param values whether the first word of each page is wanted
   */
  public List<LiveMemory> observe(
      Collection<LiveProcess> processes, Collection<AddressRange> ranges, boolean values) {
    long[] words = new long[3 + processes.size() + 2 * ranges.size()];
    int at = 0;
    words[at++] = values ? WITH_VALUES : 0;
    words[at++] = processes.size();
    for (LiveProcess process : processes) {
      words[at++] = process.slot();
    }
    words[at++] = ranges.size();
    for (AddressRange range : ranges) {
      words[at++] = range.startAddress();
      words[at++] = range.endAddress();
    }
    return LiveMemory.parse(List.copyOf(processes), ask(Request.OBSERVE, words));
  }

  /**
   * Counters as they stand: those of {@code /proc/vmstat}, and those of each size of huge page as
   * {@code hugepages-64kB/anon_fault_alloc}. They count for the whole machine.
   */
  public SortedMap<String, Long> counters() {
    ByteBuffer answer = ask(Request.COUNTERS);
    byte[] text = new byte[answer.remaining()];
    answer.get(text);
    SortedMap<String, Long> counters =
        Collections.unmodifiableSortedMap(
            new TreeMap<>(VmStat.parse(new String(text, StandardCharsets.US_ASCII)).counters()));
    strangers.read(counters, living().isEmpty());
    return counters;
  }

  /**
   * What other programs of this machine were seen to do to counters of huge pages since {@link
   * #reset}; when it is not empty, {@link #counters} are not the scenario's alone. They are seen by
   * a call of {@link #counters} while no process lives, or by two with nothing done in between.
   */
  public SortedMap<String, Long> strangers() {
    return strangers.moved();
  }

  /** Ends the processes and puts everything back; a second call does nothing. */
  @Override
  public void close() {
    if (open) {
      open = false;
      living().forEach(this::bury);
      try (settings) {
        LibC.disableHugePages(hugePagesWereOff);
      } catch (IOException e) {
        throw new LinuxException("huge pages stay off for this JVM: " + e.getMessage(), e);
      }
    }
  }
}
