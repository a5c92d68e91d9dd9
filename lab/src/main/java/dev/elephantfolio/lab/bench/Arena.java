package dev.elephantfolio.lab.bench;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;

/** Anonymous memory of a process on a machine of its own, at a place of 2 MiB's alignment. */
final class Arena {
  static final long START = 0x1000_0000_0000L;

  private static final int FLAGS =
      MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.NORESERVE | MapFlags.FIXED_NOREPLACE;

  /** Room for page tables and for a second copy of every page. */
  private static final int SPARE = 4;

  private final Machine machine;
  private final Process process;
  private final PageSize size;
  private final long bytes;

  private Arena(Machine machine, PageSize size, long bytes) {
    this.machine = machine;
    this.size = size;
    this.bytes = bytes;
    size.applyTo(machine);
    this.process = machine.spawn("bench");
  }

  /** One of {@code bytes} on a machine that is much larger. */
  static Arena of(PageSize size, long bytes) {
    return new Arena(machine(SPARE * bytes + (64L << 20)), size, bytes);
  }

  /** One that leaves of a machine only what page tables and watermarks need. */
  static Arena filling(long machineBytes, PageSize size) {
    long spare = machineBytes / 64;
    return new Arena(machine(machineBytes), size, (machineBytes - spare) & -PageSize.HUGE.bytes());
  }

  private static Machine machine(long memoryBytes) {
    return Machine.builder().memoryBytes(memoryBytes).set("vm/overcommit_memory", "1").build();
  }

  Process process() {
    return process;
  }

  Machine machine() {
    return machine;
  }

  PageSize pageSize() {
    return size;
  }

  long bytes() {
    return bytes;
  }

  /** How many pages of its size it is. */
  long pages() {
    return bytes / size.bytes();
  }

  void map() {
    long _ = process.mmap(START, bytes, Prot.READ | Prot.WRITE, FLAGS);
  }

  void unmap() {
    process.munmap(START, bytes);
  }

  /** Writes once to each page of its size. */
  void touch() {
    long step = size.bytes();
    for (long address = START; address < START + bytes; address += step) {
      process.write(address, address);
    }
  }

  void mapTouched() {
    map();
    touch();
    requirePages();
  }

  /** Makes sure that it measures what it says: every page is there, in its size. */
  void requirePages() {
    long hugeBytes = size == PageSize.HUGE ? bytes : 0;
    if (process.anonymousBytes() != bytes || process.anonHugePagesBytes() != hugeBytes) {
      throw new IllegalStateException(
          process.anonymousBytes()
              + " bytes, "
              + process.anonHugePagesBytes()
              + " of them huge, instead of "
              + bytes
              + " in pages of "
              + size.bytes());
    }
  }
}
