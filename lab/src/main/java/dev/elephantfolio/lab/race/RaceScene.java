package dev.elephantfolio.lab.race;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.gup.PinnedPages;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SyncPoints;
import dev.elephantfolio.engine.sync.Task;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A small machine with one process, the tasks of a race, and what is checked when they have ended:
 * the invariants of the machine, then what the race says, then the invariants again when all that
 * was held is let go of and every process has ended.
 */
final class RaceScene implements MachineTrial {
  static final long PAGE = 4096;
  static final long HUGE = 2 << 20;

  /** Where things are mapped, at a multiple of 2 MiB. */
  static final long PLACE = 0x1000_0000;

  /** Another such place, in another table. */
  static final long OTHER_PLACE = 0x3000_0000;

  private static final int RW = Prot.READ | Prot.WRITE;
  private static final int MAP = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;
  private static final long MEMORY_BYTES = 16 << 20;

  final Machine machine;
  final Process process;
  private final List<Task> tasks = new ArrayList<>();
  private final List<Runnable> checks = new ArrayList<>();

  /** What is held of the process's pages. */
  private final List<PinnedPages> held = new ArrayList<>();

  /** Whose pages are one word each. */
  RaceScene(Collection<Mutation> without) {
    this(without, ContentsKind.TAGS);
  }

  RaceScene(Collection<Mutation> without, ContentsKind contents) {
    machine =
        Machine.builder()
            .memoryBytes(MEMORY_BYTES)
            .contents(contents)
            .cpus(3)
            .without(without)
            .build();
    set("enabled", "never");
    process = machine.spawn("process");
  }

  /** Writes a setting of transparent_hugepage. */
  void set(String key, String value) {
    machine.set("transparent_hugepage/" + key, value);
  }

  /** From now on faults get folios of four pages. */
  void useFoliosOfFour() {
    set("hugepages-16kB/enabled", "always");
  }

  /** Maps anonymous memory of {@code pages} pages at {@code address}. */
  void map(long address, long pages) {
    long _ = process.mmap(address, pages * PAGE, RW, MAP);
  }

  /** Writes {@code first}, {@code first + 1} … to pages from {@code address} on. */
  void fill(long address, int pages, long first) {
    for (int page = 0; page < pages; page++) {
      process.write(address + page * PAGE, first + page);
    }
  }

  /** Frees the page at PLACE, whose frame then becomes that of OTHER_PLACE. */
  void munmapAndWriteElsewhere(long word) {
    SyncPoints.note(() -> "munmap");
    process.munmap(PLACE, PAGE);
    writeElsewhere(word);
  }

  /** The first write to OTHER_PLACE. */
  void writeElsewhere(long word) {
    SyncPoints.note(() -> "first write elsewhere, which takes a free frame");
    process.write(OTHER_PLACE, word);
  }

  /** Adds a task; the order of adding is the order of their columns. */
  RaceScene task(String name, Runnable body) {
    tasks.add(new Task(name, body));
    return this;
  }

  /** Adds something that must hold when all tasks have ended. */
  RaceScene check(Runnable what) {
    checks.add(what);
    return this;
  }

  /** Tries to hold the page at {@code address}, only without a lock; null when that did not go. */
  @Nullable PinnedPages hold(long address, boolean pin, int flags) {
    SyncPoints.note(() -> (pin ? "pin " : "get ") + Long.toHexString(address) + " without a lock");
    int fast = flags | GupFlags.FAST_ONLY;
    PinnedPages pages =
        pin ? process.pin(address, PAGE, fast) : process.getPages(address, PAGE, fast);
    if (pages.count() == 0) {
      pages.unpin();
      return null;
    }
    held.add(pages);
    return pages;
  }

  /** Counts {@code pages} among what is held. */
  void keep(PinnedPages pages) {
    held.add(pages);
  }

  boolean isHeld() {
    return !held.isEmpty();
  }

  void forEachHeld(Consumer<PinnedPages> action) {
    held.forEach(action);
  }

  /** Does it; false when it was refused. */
  static boolean succeeds(Runnable access) {
    try {
      access.run();
      return true;
    } catch (MemoryException refused) {
      return false;
    }
  }

  /**
   * @throws RaceError when the two differ
   */
  static void expect(String what, long expected, long found) {
    if (expected != found) {
      throw new RaceError(what + ": expected " + expected + ", found " + found);
    }
  }

  @Override
  public Machine machine() {
    return machine;
  }

  @Override
  public List<Task> tasks() {
    // Else new pages would be referred to by a batch of their processor's, and not be freed at
    // once.
    machine.kernel().folios().lru().drainAll();
    return tasks;
  }

  /** Every counter, and what every process has of which memory. */
  @Override
  public long digest() {
    long digest = machine.vmStat().toString().hashCode();
    for (Process each : machine.processes()) {
      digest = digest * 31 + each.smaps().toString().hashCode();
      for (long address : List.of(PLACE, PLACE + PAGE, OTHER_PLACE)) {
        digest = digest * 31 + each.pagemap(address).hashCode();
      }
    }
    return digest;
  }

  @Override
  public void check() {
    Invariants.check(machine);
    checks.forEach(Runnable::run);
    held.forEach(PinnedPages::unpin);
    machine.processes().forEach(Process::exit);
    Invariants.check(machine);
  }
}
