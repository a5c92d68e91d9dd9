package dev.elephantfolio.lab.race;

import static dev.elephantfolio.lab.race.RaceScene.PAGE;
import static dev.elephantfolio.lab.race.RaceScene.PLACE;
import static dev.elephantfolio.lab.race.RaceScene.expect;

import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.io.DirectIo;
import dev.elephantfolio.engine.io.Disk;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Races of direct I/O (O_DIRECT) with what its process does meanwhile. The device reads into the
 * first half of a page while the process writes to the second: neither may be lost.
 *
 * <pre>
 *   a page   │ 42 from the disk │ 8 from the process │
 *            0                  HALF
 * </pre>
 */
final class IoRaces {
  private static final long HALF = PAGE / 2;
  private static final long ON_DISK = 42;

  static final List<Race> ALL =
      List.of(
          new Race(
              "fork-vs-direct-io",
              "what a device reads into memory while the process forks reaches the process, and not"
                  + " a page that only the child still has",
              Set.of(
                  Mutation.NO_EXCLUSIVE_CHECK_AT_FORK,
                  Mutation.NO_FORK_CHECK_IN_GUP_FAST,
                  Mutation.NO_PIN_FOR_DIRECT_IO),
              IoRaces::fork),
          new Race(
              "mprotect-vs-direct-io",
              "a page that a device reads into is not copied when it was read-only for a while",
              Set.of(Mutation.NO_EXCLUSIVE_MARK),
              IoRaces::mprotect));

  private IoRaces() {}

  private static MachineTrial fork(Set<Mutation> without) {
    RaceScene scene = pageOfTwoHalves(without);
    Process process = scene.process;
    scene.task("device", () -> readFromDisk(process));
    return scene
        .task(
            "process",
            () -> {
              SyncPoints.note(() -> "fork");
              Process child = process.fork("child");
              writeSecondHalf(process);
              scene.check(() -> expect("the child's second half", 2, child.read(PLACE + HALF)));
            })
        .check(() -> checkHalves(process));
  }

  private static MachineTrial mprotect(Set<Mutation> without) {
    RaceScene scene = pageOfTwoHalves(without);
    Process process = scene.process;
    boolean[] read = {false};
    scene.task("device", () -> read[0] = RaceScene.succeeds(() -> readFromDisk(process)));
    return scene
        .task(
            "process",
            () -> {
              SyncPoints.note(() -> "mprotect, read-only");
              process.mprotect(PLACE, PAGE, Prot.READ);
              SyncPoints.note(() -> "mprotect, writable again");
              process.mprotect(PLACE, PAGE, Prot.READ | Prot.WRITE);
              writeSecondHalf(process);
            })
        .check(() -> {
          if (read[0]) {
            checkHalves(process);
          }
        });
  }

  /** Where the first half of the page holds 1, and the second 2. */
  private static RaceScene pageOfTwoHalves(Collection<Mutation> without) {
    RaceScene scene = new RaceScene(without, ContentsKind.BYTES);
    scene.map(PLACE, 1);
    scene.process.write(PLACE, 1);
    scene.process.write(PLACE + HALF, 2);
    return scene;
  }

  /**
   * Reads a block, of which the device moves the first word only: one is enough to be lost.
   *
   * @throws MemoryException EFAULT when the page is read-only
   */
  private static void readFromDisk(Process process) {
    Disk disk = new Disk(Disk.BLOCK_BYTES);
    disk.write(0, ON_DISK);
    SyncPoints.note(() -> "direct read from disk to " + Long.toHexString(PLACE));
    try (DirectIo io =
        process.io().direct(DirectIo.Direction.READ, disk, 0, PLACE, Disk.BLOCK_BYTES)) {
      SyncPoints.note(() -> "the device writes " + ON_DISK + " to the first half of the page");
      io.transfer(Long.BYTES);
    }
  }

  private static void writeSecondHalf(Process process) {
    SyncPoints.note(() -> "write 8 to the second half of the page");
    process.write(PLACE + HALF, 8);
  }

  private static void checkHalves(Process process) {
    expect("what was read from disk", ON_DISK, process.read(PLACE));
    expect("what the process wrote", 8, process.read(PLACE + HALF));
  }
}
