package dev.elephantfolio.engine.secondary;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.sync.Exploration;
import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.FailedSchedule;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Seeds;
import dev.elephantfolio.engine.sync.Strategy;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.Trial;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Accesses through a secondary MMU beside calls of the process, under many schedules: both see one
 * memory, and without the calls of the notifier they do not.
 */
class GuestRaceTest {
  private static final long PLACE = 0x1000_0000;
  private static final long OTHER = 0x3000_0000;
  private static final long PAGE = 4096;
  private static final long HUGE = 512 * PAGE;
  private static final int RW = Prot.READ | Prot.WRITE;
  private static final int FIXED = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;
  private static final long SCHEDULES = Long.getLong("efolio.schedules", 150);

  /** So many at most must do to notice that a protection is missing. */
  private static final long SCHEDULES_TO_CATCH = 5_000;

  /** One machine with a process, who shares its memory, and what they do. */
  private static final class Scene implements Trial {
    final Machine machine;
    final Process process;
    final List<Task> tasks = new ArrayList<>();
    final List<Runnable> checks = new ArrayList<>();

    Scene(Collection<Mutation> without) {
      machine = Machine.builder().memoryBytes(32 << 20).cpus(3).without(without).build();
      machine.set("transparent_hugepage/enabled", "never");
      process = machine.spawn("process");
      long _ = process.mmap(PLACE, HUGE, RW, FIXED);
      process.write(PLACE, 7);
    }

    SecondaryMmu guest() {
      return SecondaryMmu.attach(process, List.of(new MemorySlot(0, PLACE, HUGE)));
    }

    Scene task(String name, Runnable body) {
      tasks.add(new Task(name, body));
      return this;
    }

    Scene check(Runnable what) {
      checks.add(what);
      return this;
    }

    @Override
    public List<Task> tasks() {
      return tasks;
    }

    @Override
    public void check() {
      Invariants.check(machine);
      checks.forEach(Runnable::run);
      Invariants.check(machine);
      machine.processes().forEach(Process::exit);
      Invariants.check(machine);
    }
  }

  private static void expect(String what, long expected, long found) {
    if (expected != found) {
      throw new AssertionError(what + ": expected " + expected + ", found " + found);
    }
  }

  private static boolean succeeds(Runnable access) {
    try {
      access.run();
      return true;
    } catch (MemoryException efault) {
      return false;
    }
  }

  private static Trial guestAndUnmap(Collection<Mutation> without) {
    Scene scene = new Scene(without);
    long _ = scene.process.mmap(OTHER, PAGE, RW, FIXED);
    SecondaryMmu guest = scene.guest();
    return scene
        .task(
            "guest",
            () -> {
              boolean _ = succeeds(() -> guest.write(0, 8));
            })
        .task(
            "munmap",
            () -> {
              scene.process.munmap(PLACE, PAGE);
              scene.process.write(OTHER, 9);
            })
        .check(() -> expect("the other page", 9, scene.process.read(OTHER)))
        .check(() -> assertFalse(succeeds(() -> guest.read(0))));
  }

  private static Trial guestAndCollapse(Collection<Mutation> without) {
    Scene scene = new Scene(without);
    scene.machine.set("transparent_hugepage/enabled", "madvise");
    SecondaryMmu guest = scene.guest();
    return scene
        .task("guest", () -> guest.write(0, 8))
        .task(
            "collapse",
            () -> {
              boolean _ = succeeds(() -> scene.process.madvise(PLACE, HUGE, Madvise.COLLAPSE));
            })
        .check(() -> expect("the page", 8, scene.process.read(PLACE)))
        .check(() -> expect("the guest's page", 8, guest.read(0)));
  }

  private static Trial guestAndSplit(Collection<Mutation> without) {
    Scene scene = new Scene(without);
    scene.machine.set("transparent_hugepage/enabled", "always");
    scene.process.madvise(PLACE, HUGE, Madvise.DONTNEED);
    scene.process.write(PLACE, 7);
    SecondaryMmu guest = scene.guest();
    return scene
        .task(
            "guest",
            () -> {
              guest.write(PAGE, 8);
              boolean _ = succeeds(() -> guest.write(0, 9));
            })
        .task("protect", () -> scene.process.mprotect(PLACE, PAGE, Prot.READ))
        .check(() -> expect("the page", 8, scene.process.read(PLACE + PAGE)))
        .check(() -> expect("both", scene.process.read(PLACE), guest.read(0)))
        .check(() -> assertFalse(succeeds(() -> guest.write(0, 10))));
  }

  private static Trial guestAndFork(Collection<Mutation> without) {
    Scene scene = new Scene(without);
    SecondaryMmu guest = scene.guest();
    return scene
        .task("guest", () -> guest.write(0, 8))
        .task(
            "fork",
            () -> {
              Process child = scene.process.fork("child");
              long seen = child.read(PLACE);
              scene.check(() -> expect("the child's page", seen, child.read(PLACE)));
            })
        .check(() -> expect("the parent's page", 8, scene.process.read(PLACE)));
  }

  private static Trial mirrorAndDiscard(Collection<Mutation> without) {
    Scene scene = new Scene(without);
    long _ = scene.process.mmap(OTHER, PAGE, RW, FIXED);
    PageMirror mirror = PageMirror.attach(scene.process, PLACE, 4 * PAGE);
    return scene
        .task("mirror", () -> mirror.write(PLACE, 8))
        .task(
            "madvise",
            () -> {
              scene.process.madvise(PLACE, PAGE, Madvise.DONTNEED);
              scene.process.write(OTHER, 9);
            })
        .check(() -> expect("the other page", 9, scene.process.read(OTHER)))
        .check(() -> expect("both", scene.process.read(PLACE), mirror.read(PLACE)));
  }

  private static Trial deviceAndDiscard(Collection<Mutation> without) {
    Scene scene = new Scene(without);
    long _ = scene.process.mmap(OTHER, PAGE, RW, FIXED);
    SharedTableDevice device = SharedTableDevice.attach(scene.process);
    long _ = device.read(PLACE);
    return scene
        .task("device", () -> device.write(PLACE, 8))
        .task(
            "madvise",
            () -> {
              scene.process.madvise(PLACE, PAGE, Madvise.DONTNEED);
              scene.process.write(OTHER, 9);
            })
        .check(() -> expect("the other page", 9, scene.process.read(OTHER)))
        .check(() -> expect("both", scene.process.read(PLACE), device.read(PLACE)));
  }

  private static Trial attachAndUnmap(Collection<Mutation> without) {
    Scene scene = new Scene(without);
    return scene
        .task(
            "attach",
            () -> {
              SecondaryMmu guest = scene.guest();
              boolean _ = succeeds(() -> guest.write(0, 8));
            })
        .task("munmap", () -> scene.process.munmap(PLACE, PAGE));
  }

  private static Trial detachAndDiscard(Collection<Mutation> without) {
    Scene scene = new Scene(without);
    SecondaryMmu guest = scene.guest();
    long _ = guest.read(0);
    return scene
        .task("close", guest::close)
        .task("madvise", () -> scene.process.madvise(PLACE, PAGE, Madvise.DONTNEED));
  }

  private static ExplorationResult explore(
      Function<Collection<Mutation>, Trial> race, Set<Mutation> without, Strategy strategy) {
    long schedules = without.isEmpty() ? SCHEDULES : SCHEDULES_TO_CATCH;
    return new Exploration(() -> race.apply(without))
        .explore(strategy, schedules, Exploration.Progress.NONE);
  }

  private static void holds(Function<Collection<Mutation>, Trial> race) {
    long seed = Seeds.next("GuestRaceTest");
    for (Strategy strategy :
        List.of(
            new Strategy.Pct(seed, 3), new Strategy.RandomWalk(seed), new Strategy.Exhaustive(2))) {
      ExplorationResult result = explore(race, Set.of(), strategy);
      FailedSchedule failed = result.failed().orElse(null);
      if (failed != null) {
        throw new AssertionError(strategy + " " + failed.schedule(), failed.failure());
      }
    }
  }

  private static void isCaught(Function<Collection<Mutation>, Trial> race, Mutation mutation) {
    long seed = Seeds.next("GuestRaceTest");
    ExplorationResult result = explore(race, Set.of(mutation), new Strategy.Pct(seed, 3));
    assertTrue(result.failed().isPresent(), "not noticed by " + result.schedules() + " schedules");
  }

  @Test
  void guestVersusMunmap() {
    holds(GuestRaceTest::guestAndUnmap);
    isCaught(GuestRaceTest::guestAndUnmap, Mutation.NO_NOTIFIER_CALL);
    isCaught(GuestRaceTest::guestAndUnmap, Mutation.NO_NOTIFIER_RETRY);
  }

  @Test
  void guestVersusCollapse() {
    holds(GuestRaceTest::guestAndCollapse);
    isCaught(GuestRaceTest::guestAndCollapse, Mutation.NO_NOTIFIER_CALL);
    isCaught(GuestRaceTest::guestAndCollapse, Mutation.NO_NOTIFIER_RETRY);
  }

  @Test
  void guestVersusSplit() {
    holds(GuestRaceTest::guestAndSplit);
    isCaught(GuestRaceTest::guestAndSplit, Mutation.NO_NOTIFIER_CALL);
    isCaught(GuestRaceTest::guestAndSplit, Mutation.NO_NOTIFIER_RETRY);
  }

  @Test
  void guestVersusFork() {
    holds(GuestRaceTest::guestAndFork);
    isCaught(GuestRaceTest::guestAndFork, Mutation.NO_NOTIFIER_CALL);
    isCaught(GuestRaceTest::guestAndFork, Mutation.NO_NOTIFIER_RETRY);
  }

  @Test
  void mirrorVersusDiscard() {
    holds(GuestRaceTest::mirrorAndDiscard);
    isCaught(GuestRaceTest::mirrorAndDiscard, Mutation.NO_NOTIFIER_CALL);
    isCaught(GuestRaceTest::mirrorAndDiscard, Mutation.NO_NOTIFIER_RETRY);
  }

  @Test
  void deviceVersusDiscard() {
    holds(GuestRaceTest::deviceAndDiscard);
    isCaught(GuestRaceTest::deviceAndDiscard, Mutation.NO_NOTIFIER_CALL);
  }

  @Test
  void attachingVersusMunmap() {
    holds(GuestRaceTest::attachAndUnmap);
    isCaught(GuestRaceTest::attachAndUnmap, Mutation.NO_NOTIFIER_CALL);
  }

  @Test
  void detachingVersusDiscard() {
    holds(GuestRaceTest::detachAndDiscard);
  }
}
