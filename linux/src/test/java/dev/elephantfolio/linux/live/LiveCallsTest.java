package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.elephantfolio.linux.LinuxException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls of one real process, and what they answer. */
class LiveCallsTest extends LiveFixture {
  @Test
  void everyCallReachesTheKernel() {
    map(WINDOW, 4 * PAGE);
    store(a, WINDOW, 4, 7);
    ok(a.mprotect(WINDOW, PAGE, 1));
    ok(a.madvise(WINDOW + PAGE, PAGE, DONTNEED));
    ok(a.mlock(WINDOW, PAGE));
    ok(a.mlock2(WINDOW, PAGE, 1));
    ok(a.munlock(WINDOW, PAGE));
    ok(a.mlockall(1));
    ok(a.munlockall());
    assertEquals(
        WINDOW + (1 << 30), a.mremap(WINDOW, 4 * PAGE, 4 * PAGE, 3, WINDOW + (1 << 30)).value());
    ok(a.prctl(41, 1, 0, 0, 0));
    assertEquals(1, a.prctl(42, 0, 0, 0, 0).value());
    ok(a.munmap(WINDOW + (1 << 30), 4 * PAGE));
    assertEquals(List.of(), look(a, WINDOW, WINDOW + (2L << 30)).areas());
  }

  @Test
  void errorsComeBack() {
    assertEquals(EINVAL, a.munmap(WINDOW + 1, PAGE).errno());
    assertEquals(ENOMEM, a.mprotect(WINDOW, PAGE, 1).errno());
    map(WINDOW, PAGE);
    int noReplace = 0x100000;
    assertEquals(EEXIST, a.mmap(WINDOW, PAGE, RW, PRIVATE_FIXED_ANONYMOUS | noReplace).errno());
    assertEquals(EFAULT, a.mremap(0, PAGE, PAGE, 0, 0).errno());
  }

  @Test
  void theHeapIsEmptyAndWhereItIsSaidToBe() {
    long start = LiveProcess.HEAP_START;
    assertEquals(start, a.brk(0));
    assertEquals(start + 3 * PAGE, a.brk(start + 3 * PAGE));
    store(a, start, 3, 1);
    List<LiveArea> areas = look(a, start, WINDOW).areas();
    assertEquals("[heap]", areas.getFirst().name());
    assertEquals(3 * PAGE, areas.getFirst().field("Rss"));
    assertEquals(start + 3 * PAGE, a.brk(start - PAGE), "refused");
  }

  @Test
  void accessesStopAtTheFirstSignal() {
    map(WINDOW, 3 * PAGE);
    assertEquals(new LiveStore(SIGSEGV, 3), a.store(WINDOW, 5, 9));
    ok(a.mprotect(WINDOW + PAGE, PAGE, 0));
    LiveLoad load = a.load(WINDOW, 3);
    assertEquals(SIGSEGV, load.signal());
    assertEquals(1, load.words().remaining());
    assertEquals(9, load.words().get(0));
    assertEquals(9, load(a, WINDOW + 2 * PAGE));
  }

  @Test
  void whatAnotherProcessMayNotReadEndsItsLoads() {
    map(WINDOW, 3 * PAGE);
    store(a, WINDOW, 3, 9);
    ok(a.mprotect(WINDOW + 2 * PAGE, PAGE, 0));
    LiveRemoteLoad load = a.loadRemotely(WINDOW, 4);
    assertEquals(EFAULT, load.errno());
    assertEquals(2, load.words().remaining());
    assertEquals(9, load.words().get(1));
    assertEquals(0, a.loadRemotely(WINDOW, 2).errno());
    assertEquals(0, a.loadRemotely(WINDOW, 0).words().remaining());
  }

  @Test
  void manyPagesAreLoadedInOrder() {
    long pages = 10_000;
    map(WINDOW, pages * PAGE);
    for (long page : new long[] {0, 4095, 4096, 9999}) {
      store(a, WINDOW + page * PAGE, 1, page + 1);
    }
    LiveLoad load = a.load(WINDOW, pages);
    assertEquals(pages, load.words().remaining());
    assertEquals(1, load.words().get(0));
    assertEquals(4096, load.words().get(4095));
    assertEquals(4097, load.words().get(4096));
    assertEquals(10_000, load.words().get(9999));
    assertEquals(0, load.words().get(5000));
  }

  @Test
  void foliosAreSplitIntoPages() {
    mapHuge(WINDOW, 2 * HUGE);
    store(a, WINDOW, 1024, 6);
    ok(a.mprotect(WINDOW + HUGE, HUGE, 1));
    ok(a.split(WINDOW + 5 * PAGE, WINDOW + HUGE + PAGE, 0));
    LiveMemory memory = look(a, WINDOW, WINDOW + 2 * HUGE);
    for (int page = 0; page < 1024; page++) {
      assertEquals(0, memory.pages().order(page));
      assertEquals(6, memory.pages().value(page));
    }
  }

  @Test
  void whatCannotBeSplitIsSaid() {
    assumeFalse(machine.splitsByFile(), "needless: debugfs can be written here");
    mapHuge(WINDOW, HUGE);
    store(a, WINDOW, 1, 6);
    ok(a.fork("B"));
    for (int order : new int[] {0, 4}) {
      String why =
          assertThrows(LinuxException.class, () -> a.split(WINDOW, WINDOW + HUGE, order))
              .getMessage();
      assertTrue(why.startsWith("split: debugfs is locked down"), why);
    }
    machine.process("B").exit();
    ok(a.split(WINDOW, WINDOW + HUGE, 0));
  }
}
