package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.READ_WRITE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.sync.Scheduler;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.ThreadModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** madvise: its arguments, its areas, its flags, and many of them at once. */
final class MadviseCallTest {
  private RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  /** The access was the kernel's, so nobody gets a signal. */
  @Test
  void populatingMeetsAGuard() {
    on.map(0, 4);
    on.advise(2, 1, Madvise.GUARD_INSTALL);
    assertErrno(Errno.EFAULT, () -> on.advise(0, 4, Madvise.POPULATE_READ));
    assertErrno(Errno.EFAULT, () -> on.advise(0, 4, Madvise.POPULATE_WRITE));
    assertErrno(Errno.ENOMEM, () -> on.process.mlock(page(0), 4 * PAGE));
    on.process.mprotect(page(0), 4 * PAGE, Prot.NONE);
    on.process.mlock(page(1), 0);
  }

  @Test
  void argumentsInTheKernelsOrder() {
    on.map(0, 2);
    Process process = on.process;
    assertErrno(Errno.EINVAL, () -> process.madvise(page(0), 0, 99));
    assertErrno(Errno.EINVAL, () -> process.madvise(page(0), PAGE, 100));
    assertErrno(Errno.EINVAL, () -> process.madvise(page(0), PAGE, 101));
    assertErrno(Errno.EINVAL, () -> process.madvise(page(0) + 1, 0, Madvise.DONTNEED));
    assertErrno(Errno.EINVAL, () -> process.madvise(page(0), -1, Madvise.DONTNEED));
    assertErrno(Errno.EINVAL, () -> process.madvise(-PAGE, 2 * PAGE, Madvise.DONTNEED));
    process.madvise(page(77), 0, Madvise.DONTNEED);
    process.madvise(page(0), PAGE + 1, Madvise.DONTNEED);
    assertErrno(Errno.ENOMEM, () -> process.madvise(page(77), PAGE, Madvise.DONTNEED));
    long kernel = 0xffff_8000_0000_0000L;
    assertErrno(Errno.ENOMEM, () -> process.madvise(kernel, PAGE, Madvise.HUGEPAGE));
    assertErrno(Errno.ENOMEM, () -> process.madvise(page(0), Long.MAX_VALUE, Madvise.COLD));
  }

  /**
   * <pre>
   *  [ 0 1 )  hole  [ 3 4 )      DONTNEED 0..5: both go, ENOMEM all the same
   * </pre>
   */
  @Test
  void holesDoNotStopIt() {
    on.map(0, 2);
    on.map(3, 2);
    on.write(0, 2);
    on.write(3, 2);
    assertErrno(Errno.ENOMEM, () -> on.advise(0, 6, Madvise.DONTNEED));
    assertEquals(".....", on.picture(0, 5));
    assertErrno(Errno.ENOMEM, () -> on.advise(0, 5, Madvise.SEQUENTIAL));
    assertTrue(on.areaOf(4).flags().contains("sr"));
  }

  @Test
  void anErrorStopsIt() {
    on.map(0, 3);
    on.write(0, 3);
    on.process.mlock(page(1), PAGE);
    assertErrno(Errno.EINVAL, () -> on.advise(0, 3, Madvise.DONTNEED));
    assertEquals(".ss", on.picture(0, 3));
    on.advise(0, 3, Madvise.DONTNEED_LOCKED);
    assertEquals("...", on.picture(0, 3));
  }

  @Test
  void flagsComeAndGo() {
    on.map(0, 1);
    List<String> none = on.areaOf(0).flags();
    assertEquals(List.of(), flagsBeside(none, Madvise.NORMAL));
    assertEquals(List.of("sr"), flagsBeside(none, Madvise.SEQUENTIAL));
    assertEquals(List.of("rr"), flagsBeside(none, Madvise.RANDOM));
    assertEquals(List.of(), flagsBeside(none, Madvise.NORMAL));
    assertEquals(List.of("dc"), flagsBeside(none, Madvise.DONTFORK));
    assertEquals(List.of(), flagsBeside(none, Madvise.DOFORK));
    assertEquals(List.of("wf"), flagsBeside(none, Madvise.WIPEONFORK));
    assertEquals(List.of(), flagsBeside(none, Madvise.KEEPONFORK));
    assertEquals(List.of("dd"), flagsBeside(none, Madvise.DONTDUMP));
    assertEquals(List.of(), flagsBeside(none, Madvise.DODUMP));
    assertEquals(List.of("mg"), flagsBeside(none, Madvise.MERGEABLE));
    assertEquals(List.of(), flagsBeside(none, Madvise.UNMERGEABLE));
    assertEquals(List.of("hg"), flagsBeside(none, Madvise.HUGEPAGE));
    assertEquals(List.of("nh"), flagsBeside(none, Madvise.NOHUGEPAGE));
  }

  private List<String> flagsBeside(List<String> others, int advice) {
    on.advise(0, 1, advice);
    List<String> flags = new ArrayList<>(on.areaOf(0).flags());
    assertTrue(flags.removeAll(others));
    return flags;
  }

  @Test
  void areasSplitAndMerge() {
    on.map(0, 6);
    int areas = on.process.smaps().size();
    on.advise(2, 2, Madvise.RANDOM);
    assertEquals(areas + 2, on.process.smaps().size());
    on.advise(0, 6, Madvise.RANDOM);
    assertEquals(areas, on.process.smaps().size());
  }

  @Test
  void tooManyAreasMayPass() {
    on.map(0, 8);
    VmSettings settings = on.machine.kernel().vm();
    settings.changeMaxMapCount(on.process.smaps().size());
    assertErrno(Errno.EAGAIN, () -> on.advise(2, 2, Madvise.RANDOM));
  }

  @Test
  void theWrongKindOfArea() {
    long shared = on.process.mmap(0, PAGE, READ_WRITE, MapFlags.SHARED | MapFlags.ANONYMOUS);
    for (int advice : new int[] {Madvise.FREE, Madvise.WIPEONFORK}) {
      assertErrno(Errno.EINVAL, () -> on.process.madvise(shared, PAGE, advice));
    }
    on.process.madvise(shared, PAGE, Madvise.MERGEABLE);
    on.map(0, 1);
    assertErrno(Errno.EINVAL, () -> on.advise(0, 1, Madvise.REMOVE));
    long readOnly =
        on.process.mmap(0, PAGE, Prot.READ, MapFlags.PRIVATE, on.machine.file("library", false), 0);
    assertErrno(Errno.EACCES, () -> on.process.madvise(readOnly, PAGE, Madvise.REMOVE));
  }

  @Test
  void touchingBesideEveryAdvice() {
    long seed = Long.getLong("efolio.seed", 20260101);
    System.out.println("MadviseCallTest seed " + seed);
    for (int run = 0; run < 150; run++) {
      race(ThreadModel.scheduled(Scheduler.random(seed + run)), 6);
    }
    for (int run = 0; run < 10; run++) {
      race(ThreadModel.real(), 200);
    }
  }

  /** One dirties a huge place while others drop, free, guard, cool and protect parts of it. */
  private void race(ThreadModel threads, int rounds) {
    on.finish();
    on = new RangeFixture();
    on.mapHuge(0);
    on.map(512, 512);
    List<Task> tasks = new ArrayList<>();
    tasks.add(new Task("toucher", () -> repeat(rounds, round -> on.write(round % 700, 40))));
    tasks.add(new Task("dropper", () -> repeat(rounds, _ -> on.advise(0, 1024, Madvise.DONTNEED))));
    tasks.add(new Task("freer", () -> repeat(rounds, round -> freeAndCool(round % 500))));
    tasks.add(new Task("guard", () -> repeat(rounds, round -> guardAndProtect(round % 900))));
    var _ = threads.run(tasks);
    on.check();
  }

  private void freeAndCool(int first) {
    on.advise(first, 300, Madvise.FREE);
    on.advise(first, 100, Madvise.COLD);
    on.advise(0, 512, Madvise.PAGEOUT);
  }

  private void guardAndProtect(int first) {
    on.advise(first, 20, Madvise.GUARD_INSTALL);
    on.process.mprotect(page(first), 30 * PAGE, Prot.READ);
    on.process.mprotect(page(first), 30 * PAGE, READ_WRITE);
    on.advise(first, 20, Madvise.GUARD_REMOVE);
    on.advise(first, 10, Madvise.POPULATE_WRITE);
  }

  /** What one thread does; it may meet another's guard page or protection. */
  private interface Round {
    void run(int round);
  }

  private static void repeat(int rounds, Round action) {
    for (int round = 0; round < rounds; round++) {
      try {
        action.run(round);
      } catch (MemoryException met) {
        assertFalse(met.errno() == Errno.ENOMEM, "memory ran out");
      }
    }
  }
}
