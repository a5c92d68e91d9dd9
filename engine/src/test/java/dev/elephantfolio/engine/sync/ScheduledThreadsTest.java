package dev.elephantfolio.engine.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScheduledThreadsTest {
  /** What tasks do is seen here, in the order in which it happens. */
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void syncPointsAreOffAgain() {
    assertFalse(SyncPoints.active());
  }

  private Task logger(String name, int steps) {
    return new Task(
        name,
        () -> {
          for (int step = 0; step < steps; step++) {
            SyncPoints.reach(SyncPoint.OTHER);
            log.add(name + step);
          }
        });
  }

  private List<String> loggedWith(long seed) {
    log.clear();
    ThreadModel.scheduled(Scheduler.random(seed))
        .run(List.of(logger("a", 5), logger("b", 5), logger("c", 5)));
    return List.copyOf(log);
  }

  @Test
  void oneSeedIsOneSchedule() {
    long seed = Seeds.next("oneSeedIsOneSchedule");
    Set<List<String>> schedules = new HashSet<>();
    for (int run = 0; run < 20; run++) {
      List<String> first = loggedWith(seed + run);
      assertEquals(15, first.size());
      assertEquals(first, loggedWith(seed + run));
      schedules.add(first);
    }
    assertTrue(schedules.size() > 10, "different seeds, different schedules: " + schedules.size());
  }

  @Test
  void theFingerprintTellsSchedulesApart() {
    Scheduler scheduler = Scheduler.random(1);
    ThreadModel model = ThreadModel.scheduled(scheduler);
    RunSummary first = model.run(List.of(logger("a", 5), logger("b", 5)));
    RunSummary again = model.run(List.of(logger("a", 5), logger("b", 5)));
    assertEquals(first, again);
    assertEquals(10, first.syncPoints());
    RunSummary other =
        ThreadModel.scheduled(Scheduler.random(2)).run(List.of(logger("a", 5), logger("b", 5)));
    assertNotEquals(first.fingerprint(), other.fingerprint());
  }

  /** A counter with a step between reading and writing. */
  private static final class Counter {
    private int value;

    void increment() {
      int read = value;
      SyncPoints.reach(SyncPoint.OTHER);
      value = read + 1;
    }
  }

  private static int countTwice(long seed, Runnable increment, Counter counter) {
    ThreadModel.scheduled(Scheduler.random(seed))
        .run(List.of(new Task("one", increment), new Task("two", increment)));
    return counter.value;
  }

  @Test
  void aLostUpdateIsFoundAndALockPreventsIt() {
    int lost = 0;
    for (long seed = 0; seed < 100; seed++) {
      Counter bare = new Counter();
      lost += countTwice(seed, bare::increment, bare) == 1 ? 1 : 0;
      Counter guarded = new Counter();
      SpinLock lock = new SpinLock(LockRank.PTE);
      Runnable increment =
          () -> {
            lock.lock();
            guarded.increment();
            lock.unlock();
          };
      assertEquals(2, countTwice(seed, increment, guarded));
    }
    assertTrue(lost > 0 && lost < 100, lost + " of 100 schedules lose an update");
  }

  @Test
  void aSemaphoreAndAWaitTableWorkOneAtATime() {
    for (long seed = 0; seed < 100; seed++) {
      RwSemaphore semaphore = new RwSemaphore(LockRank.MMAP_LOCK);
      WaitTable table = new WaitTable();
      Counter counter = new Counter();
      Runnable writer =
          () -> {
            semaphore.writeLock();
            counter.increment();
            semaphore.downgrade();
            SyncPoints.reach(SyncPoint.OTHER);
            semaphore.readUnlock();
            table.wake(1);
          };
      Runnable reader =
          () -> {
            table.await(1, () -> counter.value == 2);
            semaphore.readLock();
            assertEquals(2, counter.value);
            semaphore.readUnlock();
          };
      ThreadModel.scheduled(Scheduler.random(seed))
          .run(
              List.of(
                  new Task("writer", writer),
                  new Task("reader", reader),
                  new Task("other writer", writer)));
    }
  }

  @Test
  void aDeadlockIsReportedWithWhoHoldsWhat() {
    SpinLock left = new SpinLock(LockRank.PTE);
    SpinLock right = new SpinLock(LockRank.PTE);
    List<Task> tasks =
        List.of(
            new Task("careful", () -> takeBoth(left, right)),
            new Task("careless", () -> takeBoth(right, left)));
    long seed = 0;
    String message = "";
    while (message.isEmpty() && seed++ < 50) {
      message = failureOf(ThreadModel.scheduled(Scheduler.random(seed)), tasks);
    }
    assertTrue(message.startsWith("deadlock:"), message);
    assertTrue(message.contains("(seed " + seed + ", after "), message);
    assertTrue(message.contains("careful waits for " + right + ", holds [" + left + "]"), message);
    assertTrue(message.contains("careless waits for " + left + ", holds [" + right + "]"), message);
  }

  /** The message of the run's failure; empty when it succeeds. */
  private static String failureOf(ThreadModel model, List<Task> tasks) {
    try {
      model.run(tasks);
      return "";
    } catch (TaskFailure failure) {
      return String.valueOf(failure.getMessage());
    }
  }

  private static void takeBoth(SpinLock first, SpinLock second) {
    first.lock();
    second.lockNested();
    second.unlock();
    first.unlock();
  }

  @Test
  void aTaskThatEndsWithALockLeavesADeadlock() {
    SpinLock lock = new SpinLock(LockRank.PTE);
    Task task = new Task("taker", lock::lock);
    TaskFailure failure =
        assertThrows(
            TaskFailure.class,
            () -> ThreadModel.scheduled(Scheduler.random(1)).run(List.of(task, task)));
    assertTrue(failure.toString().contains("taker has ended, holds [" + lock), failure::toString);
  }

  @Test
  void aFailureNamesTaskAndSeedAndUnwindsTheOthers() {
    SpinLock lock = new SpinLock(LockRank.PTE);
    Task fails =
        new Task(
            "clumsy",
            () -> {
              while (!lock.isLocked()) {
                SyncPoints.reach(SyncPoint.OTHER);
              }
              throw new IllegalStateException("oops");
            });
    Task goesOn =
        new Task(
            "endless",
            () -> {
              lock.lock();
              try {
                while (true) {
                  SyncPoints.reach(SyncPoint.OTHER);
                }
              } finally {
                log.add("unwound");
                lock.unlock();
              }
            });
    Scheduler random = Scheduler.random(5);
    TaskFailure failure =
        assertThrows(
            TaskFailure.class, () -> ThreadModel.scheduled(random).run(List.of(goesOn, fails)));
    assertTrue(failure.toString().contains("task clumsy failed: "), failure::toString);
    assertTrue(failure.toString().contains("(seed 5, after "), failure::toString);
    assertInstanceOf(IllegalStateException.class, failure.getCause());
    assertEquals(List.of("unwound"), log);
    assertFalse(lock.isLocked());
  }

  @Test
  void aRunWithoutEndIsStopped() {
    Task endless =
        new Task(
            "endless",
            () -> {
              while (true) {
                SyncPoints.reach(SyncPoint.OTHER);
              }
            });
    TaskFailure failure =
        assertThrows(
            TaskFailure.class,
            () -> ThreadModel.scheduled(Scheduler.random(1), 1_000).run(List.of(endless)));
    assertTrue(failure.toString().contains("no end after 1000 sync points"), failure::toString);
  }

  @Test
  void theLockOrderIsCheckedInScheduledTasks() {
    Task inverts =
        new Task("inverts", () -> takeBoth(new SpinLock(LockRank.PTE), new SpinLock(LockRank.PMD)));
    TaskFailure failure =
        assertThrows(
            TaskFailure.class,
            () -> ThreadModel.scheduled(Scheduler.random(1)).run(List.of(inverts)));
    assertInstanceOf(LockOrderError.class, failure.getCause());
  }

  @Test
  void aTasksProcessorIsItsPlace() {
    Cpus cpus = new Cpus(2);
    List<Task> tasks = new ArrayList<>();
    for (int number = 0; number < 4; number++) {
      int place = number;
      tasks.add(new Task("task" + number, () -> assertEquals(place % 2, cpus.current())));
    }
    ThreadModel.scheduled(Scheduler.random(1)).run(tasks);
  }

  @Test
  void threadsOutsideARunPassThrough() {
    try (SyncPoints.Activation _ = SyncPoints.activate()) {
      assertTrue(SyncPoints.active());
      SpinLock lock = new SpinLock(LockRank.PTE);
      lock.lock();
      SyncPoints.reach(SyncPoint.OTHER);
      lock.unlock();
      ThreadModel.real()
          .run(List.of(new Task("outside", () -> takeBoth(lock, new SpinLock(LockRank.PTE)))));
    }
  }

  @Test
  void aRealTasksFailureIsTold() {
    Task fails =
        new Task(
            "clumsy",
            () -> {
              throw new IllegalStateException("oops");
            });
    TaskFailure failure =
        assertThrows(TaskFailure.class, () -> ThreadModel.real().run(List.of(fails)));
    assertEquals("task clumsy failed: IllegalStateException: oops", failure.getMessage());
  }
}
