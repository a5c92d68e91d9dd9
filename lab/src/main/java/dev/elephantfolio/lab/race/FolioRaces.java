package dev.elephantfolio.lab.race;

import static dev.elephantfolio.lab.race.RaceScene.OTHER_PLACE;
import static dev.elephantfolio.lab.race.RaceScene.PAGE;
import static dev.elephantfolio.lab.race.RaceScene.PLACE;
import static dev.elephantfolio.lab.race.RaceScene.expect;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.MremapCall;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.List;
import java.util.Set;

/** Races over large folios: who finds them by the reverse map, or on the queue, and who frees. */
final class FolioRaces {
  static final List<Race> ALL =
      List.of(
          new Race(
              "mremap-vs-rmap-walk",
              "a walk of the reverse map finds a page at its old place or its new one, never at"
                  + " neither",
              Set.of(Mutation.NO_RMAP_LOCK_IN_MREMAP),
              FolioRaces::mremap),
          new Race(
              "deferred-split-vs-munmap",
              "the shrinker leaves a folio alone whose last mapping goes meanwhile",
              Set.of(Mutation.NO_TRY_GET_FROM_DEFERRED_QUEUE),
              FolioRaces::deferredSplit));

  private FolioRaces() {}

  /**
   * The pages come back to an area that begins before them, so that a walk of the reverse map asks
   * at the new place before the old one.
   */
  private static MachineTrial mremap(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.useFoliosOfFour();
    scene.map(PLACE, 8);
    scene.fill(PLACE, 8, 1);
    move(scene, PLACE + 4 * PAGE, OTHER_PLACE);
    Process child = scene.process.fork("child");
    return scene
        .task("mremap", () -> move(scene, OTHER_PLACE, PLACE + 4 * PAGE))
        .task(
            "split",
            () -> {
              SyncPoints.note(() -> "split the folio, found at the child's");
              scene.machine.splitHugePages(child, OTHER_PLACE, OTHER_PLACE + PAGE, 0);
            })
        .check(() -> expect("the first moved page", 5, scene.process.read(PLACE + 4 * PAGE)))
        .check(() -> expect("the last moved page", 8, scene.process.read(PLACE + 7 * PAGE)))
        .check(() -> expect("the child's page", 6, child.read(OTHER_PLACE + PAGE)));
  }

  /** Moves four pages. */
  private static void move(RaceScene scene, long from, long to) {
    SyncPoints.note(() -> "mremap to " + Long.toHexString(to));
    int flags = MremapCall.MAYMOVE | MremapCall.FIXED;
    long _ = scene.process.mremap(from, 4 * PAGE, 4 * PAGE, flags, to);
  }

  private static MachineTrial deferredSplit(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    queueFolioOfFour(scene);
    return scene
        .task(
            "munmap",
            () -> {
              SyncPoints.note(() -> "munmap of the rest");
              scene.process.munmap(PLACE, 3 * PAGE);
            })
        .task("shrinker", () -> shrink(scene));
  }

  /** Maps a folio of four pages of which the last is not mapped any more. */
  static void queueFolioOfFour(RaceScene scene) {
    scene.useFoliosOfFour();
    scene.map(PLACE, 4);
    scene.fill(PLACE, 4, 1);
    scene.process.munmap(PLACE + 3 * PAGE, PAGE);
    expect("folios on the queue", 1, scene.machine.deferredSplitFolios());
  }

  static void shrink(RaceScene scene) {
    SyncPoints.note(() -> "split what is on the queue");
    int _ = scene.machine.deferredSplitShrinker().scan(9);
  }
}
