package dev.elephantfolio.lab.race;

import static dev.elephantfolio.lab.race.RaceScene.HUGE;
import static dev.elephantfolio.lab.race.RaceScene.OTHER_PLACE;
import static dev.elephantfolio.lab.race.RaceScene.PAGE;
import static dev.elephantfolio.lab.race.RaceScene.PLACE;
import static dev.elephantfolio.lab.race.RaceScene.expect;

import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.gup.PinnedPages;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.List;
import java.util.Set;

/** Races of those who hold pages without a lock, or let go of them, with those who change them. */
final class GupRaces {
  static final List<Race> ALL =
      List.of(
          new Race(
              "gup-fast-vs-munmap",
              "who holds a page without a lock has the page that was mapped, not what its frame"
                  + " became after munmap",
              Set.of(Mutation.NO_RECHECK_AFTER_GUP_FAST),
              GupRaces::munmap),
          new Race(
              "gup-fast-vs-split",
              "a page that was got without a lock keeps its folio whole, or is counted by the part"
                  + " that it became",
              Set.of(Mutation.NO_FREEZE_ON_SPLIT),
              GupRaces::split),
          new Race(
              "gup-fast-vs-collapse",
              "what a device writes to a page pinned without a lock is not left behind in the small"
                  + " page when a huge one takes its place",
              Set.of(Mutation.NO_RECHECK_AFTER_GUP_FAST),
              GupRaces::collapse),
          new Race(
              "gup-fast-vs-fork",
              "a page pinned while the process forks stays the process's own",
              Set.of(Mutation.NO_FORK_CHECK_IN_GUP_FAST),
              GupRaces::fork),
          new Race(
              "put-page-vs-split",
              "a split that meets the last reference somebody else had waits for it, or comes"
                  + " after",
              Set.of(Mutation.NO_FREEZE_ON_SPLIT),
              GupRaces::put),
          new Race(
              "fork-vs-pin",
              "a pinned page stays the parent's after fork, whoever writes first",
              Set.of(Mutation.NO_EXCLUSIVE_CHECK_AT_FORK),
              GupRaces::forkOfPinned));

  private GupRaces() {}

  private static MachineTrial munmap(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, 1);
    scene.map(OTHER_PLACE, 1);
    scene.fill(PLACE, 1, 7);
    scene.task("gup", () -> readHeld(scene, 7));
    return scene
        .task("munmap", () -> scene.munmapAndWriteElsewhere(9))
        .check(() -> expect("the other page", 9, scene.process.read(OTHER_PLACE)));
  }

  private static void readHeld(RaceScene scene, long expected) {
    PinnedPages page = scene.hold(PLACE, false, 0);
    if (page != null) {
      expect("the page that is held", expected, page.read(0));
    }
  }

  private static MachineTrial split(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.useFoliosOfFour();
    scene.map(PLACE, 4);
    scene.fill(PLACE, 4, 1);
    scene.task("gup", () -> writeHeld(scene, PLACE + PAGE, false));
    return scene
        .task("split", () -> splitFour(scene))
        .check(() -> checkWritten(scene, PLACE + PAGE, 2))
        .check(() -> expect("the first page", 1, scene.process.read(PLACE)));
  }

  private static void splitFour(RaceScene scene) {
    SyncPoints.note(() -> "split the folio");
    scene.machine.splitHugePages(scene.process, PLACE, PLACE + 4 * PAGE, 0);
  }

  private static void writeHeld(RaceScene scene, long address, boolean pin) {
    PinnedPages page = scene.hold(address, pin, GupFlags.WRITE);
    if (page != null) {
      SyncPoints.note(() -> "write 42 through what is held");
      page.write(0, 42);
    }
  }

  /** The process sees 42 if it was written, else what was there. */
  private static void checkWritten(RaceScene scene, long address, long before) {
    expect("the page that was held", scene.isHeld() ? 42 : before, scene.process.read(address));
  }

  private static MachineTrial collapse(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, HUGE / PAGE);
    scene.fill(PLACE, 2, 1);
    scene.set("enabled", "madvise");
    scene.task("gup", () -> writeHeld(scene, PLACE, true));
    return scene
        .task("collapse", () -> collapse(scene))
        .check(() -> checkWritten(scene, PLACE, 1))
        .check(() -> expect("the second page", 2, scene.process.read(PLACE + PAGE)));
  }

  static void collapse(RaceScene scene) {
    SyncPoints.note(() -> "madvise COLLAPSE");
    try {
      scene.process.madvise(PLACE, HUGE, Madvise.COLLAPSE);
    } catch (MemoryException busy) {
      SyncPoints.note(() -> "refused: " + busy.getMessage());
    }
  }

  private static MachineTrial fork(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, 1);
    scene.fill(PLACE, 1, 7);
    scene.task(
        "gup",
        () -> {
          PinnedPages _ = scene.hold(PLACE, true, 0);
        });
    return scene
        .task("fork", () -> forkChild(scene))
        .check(() -> {
          scene.process.write(PLACE, 8);
          scene.forEachHeld(page -> expect("what is pinned", 8, page.read(0)));
        });
  }

  private static Process forkChild(RaceScene scene) {
    SyncPoints.note(() -> "fork");
    return scene.process.fork("child");
  }

  private static MachineTrial put(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    FolioRaces.queueFolioOfFour(scene);
    PinnedPages page = scene.process.getPages(PLACE + PAGE, PAGE, 0);
    scene.task(
        "put",
        () -> {
          SyncPoints.note(() -> "put the page");
          page.unpin();
        });
    return scene
        .task("shrinker", () -> FolioRaces.shrink(scene))
        .check(() -> expect("the second page", 2, scene.process.read(PLACE + PAGE)));
  }

  private static MachineTrial forkOfPinned(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, 1);
    scene.fill(PLACE, 1, 7);
    PinnedPages page = scene.process.pin(PLACE, PAGE, GupFlags.WRITE);
    scene.keep(page);
    scene.task(
        "fork",
        () -> {
          Process child = forkChild(scene);
          child.write(PLACE, 3);
          expect("the child's page", 3, child.read(PLACE));
        });
    return scene
        .task("write", () -> scene.process.write(PLACE, 8))
        .check(() -> expect("what is pinned", 8, page.read(0)));
  }
}
