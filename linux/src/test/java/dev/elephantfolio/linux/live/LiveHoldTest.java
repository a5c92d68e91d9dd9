package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import java.nio.LongBuffer;
import org.junit.jupiter.api.Test;

/** Real pages held by io_uring's pins and in pipes. */
class LiveHoldTest extends LiveFixture {
  private static final long PAGES = 512;

  private LiveHold pin(long address, long pages) {
    LiveResult result = a.pin(address, pages);
    ok(result);
    return a.held(result);
  }

  private static void assertAll(long word, long pages, LongBuffer loaded) {
    assertEquals(pages, loaded.remaining());
    for (int i = 0; i < pages; i++) {
      assertEquals(word, loaded.get(i), "page " + i);
    }
  }

  @Test
  void aPinSeesWhatTheProcessWritesAndTheReverse() {
    mapHuge(WINDOW, HUGE);
    store(a, WINDOW, PAGES, 1);
    LiveHold pin = pin(WINDOW, PAGES);
    assertAll(1, PAGES, pin.load());
    store(a, WINDOW + 100 * PAGE, 1, 2);
    assertEquals(2, pin.load().get(100));
    ok(a.fork("B"));
    pin.store(3);
    assertAll(3, PAGES, a.load(WINDOW, PAGES).words());
    assertEquals(1, load(machine.process("B"), WINDOW), "copied at fork");
    ok(a.munmap(WINDOW, HUGE));
    assertAll(3, PAGES, pin.load());
    pin.release();
    assertThrows(LinuxException.class, pin::load);
  }

  @Test
  void aPipeStaysFullAndDoesNotKeepThePlace() {
    map(WINDOW, 100 * PAGE);
    store(a, WINDOW, 100, 1);
    LiveResult result = a.vmsplice(WINDOW, 100);
    ok(result);
    LiveHold pipe = a.held(result);
    assertAll(1, 100, pipe.load());
    assertAll(1, 100, pipe.load());
    ok(a.fork("B"));
    store(a, WINDOW, 100, 2);
    assertAll(1, 100, pipe.load());
    assertTrue(
        assertThrows(LinuxException.class, () -> pipe.store(3)).getMessage().contains("pipe"));
    pipe.release();
  }

  @Test
  void allPagesAreHeldOrNone() {
    map(WINDOW, 2 * PAGE);
    assertEquals(EFAULT, a.pin(WINDOW, 3).errno());
    assertEquals(EFAULT, a.pin(WINDOW, 0).errno());
    assertEquals(EFAULT, a.vmsplice(WINDOW, 3).errno());
    assertEquals(EFAULT, a.vmsplice(WINDOW + 2 * PAGE, 1).errno());
    ok(a.mprotect(WINDOW, PAGE, 1));
    assertEquals(EFAULT, a.pin(WINDOW, 1).errno());
    ok(a.vmsplice(WINDOW, 1));
    LiveResult nothing = a.vmsplice(WINDOW, 0);
    ok(nothing);
    assertEquals(0, a.held(nothing).load().remaining());
  }

  /** A pinned huge page cannot be split; it can when the pin is gone. */
  private void assertPinned(boolean pinned, LiveProcess by) {
    assertEquals(9, look(by, WINDOW, WINDOW + HUGE).pages().order(1));
    ok(by.madvise(WINDOW, PAGE, FREE));
    assertEquals(pinned ? 9 : 0, look(by, WINDOW, WINDOW + HUGE).pages().order(1));
  }

  @Test
  void pinsEndWithTheirProcessAndItsProgram() {
    for (boolean execs : new boolean[] {false, true}) {
      mapHuge(WINDOW, HUGE);
      store(a, WINDOW, PAGES, 1);
      ok(a.vfork("B"));
      LiveProcess b = machine.process("B");
      LiveResult result = b.pin(WINDOW + 5 * PAGE, 1);
      ok(result);
      assertPinned(true, b);
      if (execs) {
        ok(b.exec());
      } else {
        b.exit();
      }
      assertPinned(false, a);
      assertThrows(LinuxException.class, () -> b.held(result).load());
      ok(a.munmap(WINDOW, HUGE));
      if (execs) {
        b.exit();
      }
    }
  }

  @Test
  void manyAreHeldAtATime() {
    map(WINDOW, PAGE);
    LiveHold first = pin(WINDOW, 1);
    for (int i = 1; i < 256; i++) {
      ok(i % 2 == 0 ? a.pin(WINDOW, 1) : a.vmsplice(WINDOW, 1));
    }
    assertThrows(LinuxException.class, () -> a.pin(WINDOW, 1));
    first.release();
    assertNotEquals(-1, pin(WINDOW, 1).load().get(0));
    machine.reset();
    a = machine.spawn("A");
    map(WINDOW, PAGE);
    for (int i = 0; i < 256; i++) {
      ok(a.pin(WINDOW, 1));
    }
  }
}
