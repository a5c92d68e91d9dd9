package dev.elephantfolio.lab.race;

import static dev.elephantfolio.lab.race.RaceScene.HUGE;
import static dev.elephantfolio.lab.race.RaceScene.OTHER_PLACE;
import static dev.elephantfolio.lab.race.RaceScene.PAGE;
import static dev.elephantfolio.lab.race.RaceScene.PLACE;
import static dev.elephantfolio.lab.race.RaceScene.expect;

import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.secondary.MemorySlot;
import dev.elephantfolio.engine.secondary.PageMirror;
import dev.elephantfolio.engine.secondary.SecondaryMmu;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.List;
import java.util.Set;

/** Races of those who translate a process's memory by their own tables with who changes it. */
final class NotifierRaces {
  private static final Set<Mutation> UNTOLD_OR_UNASKED =
      Set.of(Mutation.NO_NOTIFIER_CALL, Mutation.NO_NOTIFIER_RETRY);

  static final List<Race> ALL =
      List.of(
          new Race(
              "notifier-vs-munmap",
              "a guest loses a page before its frame becomes another's",
              UNTOLD_OR_UNASKED,
              NotifierRaces::munmap),
          new Race(
              "notifier-vs-collapse",
              "what a guest writes to a small page is not left behind when a huge one takes its"
                  + " place",
              UNTOLD_OR_UNASKED,
              NotifierRaces::collapse),
          new Race(
              "notifier-vs-split",
              "a guest's huge translation goes when the process's does, and with it the right to"
                  + " write what is read-only now",
              UNTOLD_OR_UNASKED,
              NotifierRaces::split),
          new Race(
              "notifier-vs-fork",
              "a guest's writes after fork are not seen by the child",
              UNTOLD_OR_UNASKED,
              NotifierRaces::fork),
          new Race(
              "mirror-vs-dontneed",
              "a device that takes no reference does not write to a frame that was freed",
              UNTOLD_OR_UNASKED,
              NotifierRaces::mirror));

  private NotifierRaces() {}

  /** A guest whose addresses from 0 on are the process's from PLACE on. */
  private static SecondaryMmu guest(RaceScene scene) {
    return SecondaryMmu.attach(scene.process, List.of(new MemorySlot(0, PLACE, HUGE)));
  }

  private static void write(SecondaryMmu guest, long address, long word) {
    SyncPoints.note(() -> "guest writes " + word + " to " + Long.toHexString(address));
    guest.write(address, word);
  }

  private static boolean tryWrite(SecondaryMmu guest, long address, long word) {
    try {
      write(guest, address, word);
      return true;
    } catch (MemoryException refused) {
      SyncPoints.note(() -> "refused: " + refused.getMessage());
      return false;
    }
  }

  private static MachineTrial munmap(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, HUGE / PAGE);
    scene.map(OTHER_PLACE, 1);
    scene.fill(PLACE, 1, 7);
    SecondaryMmu guest = guest(scene);
    return scene
        .task(
            "guest",
            () -> {
              boolean _ = tryWrite(guest, 0, 8);
            })
        .task("munmap", () -> scene.munmapAndWriteElsewhere(9))
        .check(() -> expect("the other page", 9, scene.process.read(OTHER_PLACE)))
        .check(() -> expect("writes to what is gone", 0, tryWrite(guest, 0, 10) ? 1 : 0));
  }

  private static MachineTrial collapse(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, HUGE / PAGE);
    scene.fill(PLACE, 1, 7);
    scene.set("enabled", "madvise");
    SecondaryMmu guest = guest(scene);
    return scene
        .task("guest", () -> write(guest, 0, 8))
        .task("collapse", () -> GupRaces.collapse(scene))
        .check(() -> expect("the process's page", 8, scene.process.read(PLACE)))
        .check(() -> expect("the guest's page", 8, guest.read(0)));
  }

  private static MachineTrial split(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.set("enabled", "always");
    scene.map(PLACE, HUGE / PAGE);
    scene.fill(PLACE, 1, 7);
    SecondaryMmu guest = guest(scene);
    return scene
        .task(
            "guest",
            () -> {
              write(guest, PAGE, 8);
              boolean _ = tryWrite(guest, 0, 9);
            })
        .task(
            "mprotect",
            () -> {
              SyncPoints.note(() -> "mprotect of the first page, read-only");
              scene.process.mprotect(PLACE, PAGE, Prot.READ);
            })
        .check(() -> expect("the page beside it", 8, scene.process.read(PLACE + PAGE)))
        .check(() -> expect("the guest's page", scene.process.read(PLACE), guest.read(0)))
        .check(() -> expect("writes to what is read-only", 0, tryWrite(guest, 0, 10) ? 1 : 0));
  }

  private static MachineTrial fork(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, HUGE / PAGE);
    scene.fill(PLACE, 1, 7);
    SecondaryMmu guest = guest(scene);
    return scene
        .task("guest", () -> write(guest, 0, 8))
        .task(
            "fork",
            () -> {
              SyncPoints.note(() -> "fork");
              Process child = scene.process.fork("child");
              long seen = child.read(PLACE);
              scene.check(() -> expect("the child's page", seen, child.read(PLACE)));
            })
        .check(() -> expect("the parent's page", 8, scene.process.read(PLACE)));
  }

  private static MachineTrial mirror(Set<Mutation> without) {
    RaceScene scene = new RaceScene(without);
    scene.map(PLACE, 1);
    scene.map(OTHER_PLACE, 1);
    scene.fill(PLACE, 1, 7);
    PageMirror mirror = PageMirror.attach(scene.process, PLACE, PAGE);
    return scene
        .task(
            "device",
            () -> {
              SyncPoints.note(() -> "write through the mirror");
              mirror.write(PLACE, 8);
            })
        .task(
            "madvise",
            () -> {
              SyncPoints.note(() -> "madvise DONTNEED");
              scene.process.madvise(PLACE, PAGE, Madvise.DONTNEED);
              scene.writeElsewhere(9);
            })
        .check(() -> expect("the other page", 9, scene.process.read(OTHER_PLACE)))
        .check(() -> expect("what both see", scene.process.read(PLACE), mirror.read(PLACE)));
  }
}
