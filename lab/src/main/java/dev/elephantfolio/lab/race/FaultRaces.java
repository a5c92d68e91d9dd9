package dev.elephantfolio.lab.race;

import static dev.elephantfolio.lab.race.RaceScene.HUGE;
import static dev.elephantfolio.lab.race.RaceScene.OTHER_PLACE;
import static dev.elephantfolio.lab.race.RaceScene.PAGE;
import static dev.elephantfolio.lab.race.RaceScene.PLACE;
import static dev.elephantfolio.lab.race.RaceScene.expect;

import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.List;
import java.util.Set;

/** Races of faults and accesses with those who change what is mapped. */
final class FaultRaces {
  static final List<Race> ALL =
      List.of(
          new Race(
              "two-faults-on-a-huge-page",
              "two first touches of one empty 2 MiB place give one huge page",
              Set.of(Mutation.NO_RECHECK_AFTER_FAULT_LOCK),
              FaultRaces::twoHugeFaults),
          new Race(
              "two-faults-on-a-page",
              "two first touches of an area make one anon_vma, one tree of tables and one page",
              Set.of(Mutation.NO_RECHECK_AFTER_FAULT_LOCK),
              FaultRaces::twoSmallFaults),
          new Race(
              "fault-vs-khugepaged",
              "no write is lost in the small page that khugepaged copies to a huge one",
              Set.of(Mutation.NO_FLUSH_BEFORE_COLLAPSE),
              FaultRaces::khugepaged),
          new Race(
              "fault-vs-dontneed",
              "a page is not mapped in a table that MADV_DONTNEED has just taken away",
              Set.of(Mutation.NO_RECHECK_AFTER_TABLE_LOCK),
              FaultRaces::dontneed),
          new Race(
              "write-vs-munmap",
              "a store through an old translation does not reach the frame's next owner",
              Set.of(Mutation.NO_FLUSH_BEFORE_FREE),
              FaultRaces::writeAndUnmap),
          new Race(
              "write-vs-fork",
              "the child sees one state of its parent's memory, and no later store",
              Set.of(Mutation.NO_FLUSH_AT_FORK),
              FaultRaces::writeAndFork));

  private FaultRaces() {}

  /** The area has an anon_vma and tables already; those are two-faults-on-a-page's matter. */
  private static MachineTrial twoHugeFaults(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, 2 * HUGE / PAGE);
    scene.fill(PLACE + HUGE, 1, 3);
    scene.set("enabled", "always");
    Process process = scene.process;
    return scene
        .task("first", () -> process.write(PLACE, 1))
        .task("second", () -> process.write(PLACE + 5 * PAGE, 2))
        .check(() -> expect("what the first wrote", 1, process.read(PLACE)))
        .check(() -> expect("what the second wrote", 2, process.read(PLACE + 5 * PAGE)));
  }

  private static MachineTrial twoSmallFaults(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without, ContentsKind.BYTES);
    scene.map(PLACE, 1);
    Process process = scene.process;
    return scene
        .task("first", () -> process.write(PLACE, 1))
        .task("second", () -> process.write(PLACE + PAGE / 2, 2))
        .check(() -> expect("what the first wrote", 1, process.read(PLACE)))
        .check(() -> expect("what the second wrote", 2, process.read(PLACE + PAGE / 2)));
  }

  private static MachineTrial khugepaged(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, HUGE / PAGE);
    scene.fill(PLACE, 2, 1);
    scene.set("enabled", "always");
    Process process = scene.process;
    process.madvise(PLACE, HUGE, Madvise.HUGEPAGE);
    scene.task(
        "process",
        () -> {
          SyncPoints.note(() -> "write to a mapped page");
          process.write(PLACE, 8);
          SyncPoints.note(() -> "write to an empty place");
          process.write(PLACE + 3 * PAGE, 9);
        });
    return scene
        .task(
            "khugepaged",
            () -> {
              boolean _ = scene.machine.khugepaged().fullScans(1);
            })
        .check(() -> expect("the mapped page", 8, process.read(PLACE)))
        .check(() -> expect("the page beside it", 2, process.read(PLACE + PAGE)))
        .check(() -> expect("the place that was empty", 9, process.read(PLACE + 3 * PAGE)));
  }

  private static MachineTrial dontneed(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, HUGE / PAGE);
    scene.fill(PLACE, 1, 7);
    Process process = scene.process;
    return scene
        .task(
            "fault",
            () -> {
              process.write(PLACE + 5 * PAGE, 9);
              long seen = process.read(PLACE);
              expect("a page that was dropped or not", seen == 0 ? 0 : 7, seen);
            })
        .task(
            "madvise",
            () -> {
              SyncPoints.note(() -> "madvise DONTNEED");
              process.madvise(PLACE, HUGE, Madvise.DONTNEED);
            })
        .check(() -> expect("the page that was dropped", 0, process.read(PLACE)));
  }

  private static MachineTrial writeAndUnmap(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, 1);
    scene.map(OTHER_PLACE, 1);
    scene.fill(PLACE, 1, 7);
    Process process = scene.process;
    return scene
        .task(
            "write",
            () -> {
              boolean _ = RaceScene.succeeds(() -> process.write(PLACE, 8));
            })
        .task("munmap", () -> scene.munmapAndWriteElsewhere(9))
        .check(() -> expect("the other page", 9, process.read(OTHER_PLACE)));
  }

  private static MachineTrial writeAndFork(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, 1);
    scene.fill(PLACE, 1, 7);
    Process process = scene.process;
    return scene
        .task("write", () -> process.write(PLACE, 8))
        .task(
            "fork",
            () -> {
              SyncPoints.note(() -> "fork");
              Process child = process.fork("child");
              long seen = child.read(PLACE);
              scene.check(() -> expect("the child's page", seen, child.read(PLACE)));
            })
        .check(() -> expect("the parent's page", 8, process.read(PLACE)));
  }
}
