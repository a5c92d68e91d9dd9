package dev.elephantfolio.lab.bench;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import java.util.function.ToLongBiFunction;

/** The engine's side of the operations that the live kernel is asked for too. */
final class EngineRun implements Run {
  private final Arena arena;
  private final ToLongBiFunction<Arena, Stopwatch> pass;

  private EngineRun(Arena arena, ToLongBiFunction<Arena, Stopwatch> pass) {
    this.arena = arena;
    this.pass = pass;
  }

  /** A run of an {@link Workload.Kind#ENGINE} workload. */
  static Run of(Workload workload, long arenaBytes) {
    return new EngineRun(Arena.of(pageSize(workload), arenaBytes), passOf(workload));
  }

  /** The pages that a workload begins with. */
  static PageSize pageSize(Workload workload) {
    return switch (workload) {
      case FAULT_2M, MUNMAP_2M, SPLIT -> PageSize.HUGE;
      case FAULT_64K -> PageSize.MEDIUM;
      default -> PageSize.SMALL;
    };
  }

  private static ToLongBiFunction<Arena, Stopwatch> passOf(Workload workload) {
    return switch (workload) {
      case FAULT_4K, FAULT_64K, FAULT_2M -> EngineRun::fault;
      case FORK -> EngineRun::fork;
      case COW -> EngineRun::copyOnWrite;
      case MUNMAP_4K, MUNMAP_2M -> EngineRun::munmap;
      case SPLIT -> EngineRun::split;
      case COLLAPSE -> EngineRun::collapse;
      default -> throw new IllegalArgumentException(workload.label());
    };
  }

  @Override
  public long pass(Stopwatch watch) {
    return pass.applyAsLong(arena, watch);
  }

  private static long fault(Arena arena, Stopwatch watch) {
    arena.map();
    watch.start();
    arena.touch();
    watch.stop();
    arena.requirePages();
    arena.unmap();
    return arena.pages();
  }

  private static long munmap(Arena arena, Stopwatch watch) {
    arena.mapTouched();
    watch.start();
    arena.unmap();
    watch.stop();
    return arena.pages();
  }

  private static long fork(Arena arena, Stopwatch watch) {
    arena.mapTouched();
    watch.start();
    Process child = arena.process().fork("child");
    watch.stop();
    child.exit();
    arena.unmap();
    return arena.pages();
  }

  /** The child keeps its pages until the parent has written all of them. */
  private static long copyOnWrite(Arena arena, Stopwatch watch) {
    arena.mapTouched();
    Process child = arena.process().fork("child");
    long faultsBefore = arena.process().faults();
    watch.start();
    arena.touch();
    watch.stop();
    require(arena.process().faults() - faultsBefore == arena.pages(), "pages not copied");
    child.exit();
    arena.unmap();
    return arena.pages();
  }

  private static long split(Arena arena, Stopwatch watch) {
    arena.mapTouched();
    long step = PageSize.HUGE.bytes();
    watch.start();
    for (long at = Arena.START; at < Arena.START + arena.bytes(); at += step) {
      arena.process().madvise(at, PageSize.SMALL.bytes(), Madvise.COLD);
    }
    watch.stop();
    require(arena.process().anonHugePagesBytes() == 0, "huge pages left whole");
    arena.unmap();
    return arena.pages();
  }

  private static long collapse(Arena arena, Stopwatch watch) {
    arena.mapTouched();
    watch.start();
    arena.process().madvise(Arena.START, arena.bytes(), Madvise.COLLAPSE);
    watch.stop();
    require(arena.process().anonHugePagesBytes() == arena.bytes(), "pages left small");
    arena.unmap();
    return arena.bytes() / PageSize.HUGE.bytes();
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }
}
