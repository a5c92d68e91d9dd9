package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RegionKind;

/** Reads the regions that perf's MMAP records speak of. */
final class MappedRegions {
  private MappedRegions() {}

  static RecordedRegion of(PerfLine line) {
    long prot = line.numbers[5];
    String name = line.text();
    RegionKind kind = kindOf(name);
    boolean anonymous = kind != RegionKind.FILE;
    int flags =
        ((prot & 8) != 0 ? Mman.MAP_SHARED : Mman.MAP_PRIVATE)
            | (anonymous ? Mman.MAP_ANONYMOUS : 0)
            | (kind == RegionKind.STACK ? Mman.MAP_GROWSDOWN : 0);
    long start = line.numbers[2];
    return new RecordedRegion(
        start,
        AddressSpace.pageUp(start + line.numbers[3]) - start,
        (int) prot & 7,
        flags,
        kind,
        anonymous ? 0 : line.numbers[4],
        kind == RegionKind.ANON ? "" : name,
        false);
  }

  private static RegionKind kindOf(String name) {
    return switch (name) {
      case "[stack]" -> RegionKind.STACK;
      case "[heap]" -> RegionKind.HEAP;
      case "", "//anon", "anon" -> RegionKind.ANON;
      default -> name.startsWith("[v") ? RegionKind.SPECIAL : RegionKind.FILE;
    };
  }
}
