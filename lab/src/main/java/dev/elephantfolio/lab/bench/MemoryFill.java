package dev.elephantfolio.lab.bench;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.lab.Amounts;

/** Fills a simulated machine and looks what the heap has grown by. */
final class MemoryFill {
  /** A block's metadata is so small that a larger machine is needed to see it. */
  private static final int LARGER = 64;

  private static final long TIB = 1L << 40;
  private static final int HUGE_ORDER = 9;
  private static final long CLASSES_BYTES = 64 << 20;

  /** What a 4 KiB page mapped and written may need at most; more is refused, not tried. */
  private static final int SMALL_PAGE_BYTES = 46;

  private MemoryFill() {}

  static BenchResult measure(Workload workload, long machineBytes) {
    // What classes keep once they are used is nothing that a machine needs.
    Arena.filling(CLASSES_BYTES, PageSize.SMALL).mapTouched();
    return switch (workload) {
      case MEMORY_FRAME_4K -> frames(workload, machineBytes, 0);
      case MEMORY_FRAME_2M -> frames(workload, LARGER * machineBytes, HUGE_ORDER);
      case MEMORY_MAPPED_4K -> pages(workload, machineBytes, PageSize.SMALL);
      case MEMORY_MAPPED_2M -> pages(workload, LARGER * machineBytes, PageSize.HUGE);
      case MEMORY_1T_HUGE -> pages(workload, TIB, PageSize.HUGE);
      case MEMORY_1T_4K -> tebibyteOfSmallPages(workload);
      default -> throw new IllegalArgumentException(workload.label());
    };
  }

  private static BenchResult tebibyteOfSmallPages(Workload workload) {
    long neededBytes = TIB / PageSize.SMALL.bytes() * SMALL_PAGE_BYTES;
    long heapBytes = Runtime.getRuntime().maxMemory();
    if (heapBytes < neededBytes) {
      return new BenchResult.Skipped(
          workload,
          "Java's heap may grow to "
              + Amounts.bytes(heapBytes)
              + ", this takes "
              + Amounts.bytes(neededBytes)
              + ": JDK_JAVA_OPTIONS=-Xmx"
              + ((neededBytes >> 30) + 2)
              + "g efolio bench "
              + workload.label());
    }
    return pages(workload, TIB, PageSize.SMALL);
  }

  /** Folios that nothing maps: the memory map and the allocator alone. */
  private static BenchResult frames(Workload workload, long machineBytes, int order) {
    long before = Heap.usedBytes();
    Machine machine = Machine.builder().memoryBytes(machineBytes).build();
    long count = allocateAll(machine.kernel(), order);
    long after = Heap.usedBytesWith(machine);
    return new BenchResult.Memory(workload, count, after - before);
  }

  private static long allocateAll(Kernel kernel, int order) {
    long count = 0;
    while (kernel.folios().allocate(order, GfpFlags.TRANSHUGE) != 0) {
      count++;
    }
    return count;
  }

  /** A process that has all memory but a rest: page tables, areas and contents counted too. */
  private static BenchResult pages(Workload workload, long machineBytes, PageSize size) {
    long before = Heap.usedBytes();
    Arena arena = Arena.filling(machineBytes, size);
    arena.mapTouched();
    long after = Heap.usedBytesWith(arena);
    return new BenchResult.Memory(workload, arena.pages(), after - before);
  }
}
