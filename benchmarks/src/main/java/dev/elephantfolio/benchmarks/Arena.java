package dev.elephantfolio.benchmarks;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;

/** Anonymous memory of a process on a machine of its own, which every benchmark works on. */
final class Arena {
  static final long START = 0x1000_0000_0000L;
  static final long BYTES = 128L << 20;
  static final int PAGE = 4096;
  static final int HUGE_PAGE = 2 << 20;

  /** Pages of the arena: one operation each. */
  static final int PAGES = (int) (BYTES / PAGE);

  static final int HUGE_PAGES = (int) (BYTES / HUGE_PAGE);

  private static final int FLAGS =
      MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.NORESERVE | MapFlags.FIXED_NOREPLACE;

  final Machine machine;
  final Process process;

  private Arena(String enabled, long memoryBytes) {
    machine =
        Machine.builder()
            .memoryBytes(memoryBytes)
            .set("vm/overcommit_memory", "1")
            .set("transparent_hugepage/enabled", enabled)
            .build();
    process = machine.spawn("benchmark");
  }

  /** One that gets 4 KiB pages. */
  static Arena small() {
    return new Arena("never", 4 * BYTES);
  }

  /** One that gets 4 KiB pages, of a machine whose processors can keep what they free. */
  static Arena roomy() {
    return new Arena("never", 32 * BYTES);
  }

  /** One that gets 2 MiB pages. */
  static Arena huge() {
    return new Arena("always", 4 * BYTES);
  }

  /** One that gets 64 KiB folios. */
  static Arena medium() {
    Arena arena = small();
    arena.machine.set("transparent_hugepage/hugepages-64kB/enabled", "always");
    return arena;
  }

  void map() {
    long _ = process.mmap(START, BYTES, Prot.READ | Prot.WRITE, FLAGS);
  }

  void unmap() {
    process.munmap(START, BYTES);
  }

  /** Maps it anew, with nothing touched. */
  void remap() {
    if (process.memory().vmas().at(START) != null) {
      unmap();
    }
    map();
  }

  /** Writes once in each {@code stepBytes}. */
  void write(int stepBytes) {
    for (long address = START; address < START + BYTES; address += stepBytes) {
      process.write(address, address);
    }
  }

  /** Reads once in each {@code stepBytes}. */
  long read(int stepBytes) {
    long sum = 0;
    for (long address = START; address < START + BYTES; address += stepBytes) {
      sum += process.read(address);
    }
    return sum;
  }
}
