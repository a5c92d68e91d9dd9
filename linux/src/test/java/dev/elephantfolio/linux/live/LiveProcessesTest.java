package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Real processes make others, become others and end. */
class LiveProcessesTest extends LiveFixture {
  @Test
  void aForkedChildHasACopy() {
    map(WINDOW, PAGE);
    store(a, WINDOW, 1, 1);
    ok(a.fork("B"));
    LiveProcess b = machine.process("B");
    assertNotEquals(a.pid(), b.pid());
    LivePages shared = look(a, WINDOW, WINDOW + PAGE).pages();
    assertEquals(2, shared.mapCount(0));
    assertFalse(shared.isExclusive(0));
    store(b, WINDOW, 1, 2);
    assertEquals(1, load(a, WINDOW));
    assertEquals(2, load(b, WINDOW));
    b.exit();
    assertFalse(b.isAlive());
    assertTrue(look(a, WINDOW, WINDOW + PAGE).pages().isExclusive(0));
  }

  @Test
  void grandchildrenOutliveTheirParents() {
    map(WINDOW, PAGE);
    store(a, WINDOW, 1, 1);
    ok(a.fork("B"));
    ok(machine.process("B").fork("C"));
    machine.process("B").exit();
    a.exit();
    assertEquals(List.of("C"), machine.living().stream().map(LiveProcess::name).toList());
    LiveProcess c = machine.process("C");
    assertEquals(1, load(c, WINDOW));
    assertTrue(look(c, WINDOW, WINDOW + PAGE).pages().isExclusive(0));
  }

  @Test
  void aVforkChildUsesItsParentsMemory() {
    map(WINDOW, PAGE);
    ok(a.vfork("B"));
    LiveProcess b = machine.process("B");
    store(b, WINDOW, 1, 5);
    assertTrue(
        assertThrows(LinuxException.class, () -> load(a, WINDOW)).getMessage().contains("waits"));
    ok(b.vfork("C"));
    LiveProcess c = machine.process("C");
    store(c, WINDOW, 1, 6);
    assertEquals(1, look(a, WINDOW, WINDOW + PAGE).pages().mapCount(0), "one memory");
    assertEquals(6, look(a, WINDOW, WINDOW + PAGE).pages().value(0));
    c.exit();
    assertEquals(6, load(b, WINDOW));
    ok(b.exec());
    assertEquals(6, load(a, WINDOW));
    assertEquals(List.of(), look(b, WINDOW, WINDOW + PAGE).areas());
    store(a, WINDOW, 1, 7);
  }

  @Test
  void vforkAndForkMixAndNestToALimit() {
    map(WINDOW, PAGE);
    store(a, WINDOW, 1, 1);
    ok(a.vfork("B"));
    LiveProcess b = machine.process("B");
    ok(b.fork("C"));
    LiveProcess c = machine.process("C");
    b.exit();
    store(c, WINDOW, 1, 3);
    assertEquals(1, load(a, WINDOW));
    LiveProcess last = a;
    for (int depth = 0; depth < 7; depth++) {
      ok(last.vfork("V" + depth));
      last = machine.process("V" + depth);
    }
    LiveProcess deepest = last;
    assertThrows(LinuxException.class, () -> deepest.vfork("tooDeep"));
    store(deepest, WINDOW, 1, 9);
    for (int depth = 6; depth >= 0; depth--) {
      machine.process("V" + depth).exit();
    }
    assertEquals(9, load(a, WINDOW));
  }

  @Test
  void execLeavesNothing() {
    mapHuge(WINDOW, HUGE);
    store(a, WINDOW, 1, 5);
    a.brk(LiveProcess.HEAP_START + PAGE);
    long pid = a.pid();
    ok(a.exec());
    assertEquals(pid, a.call(39, 0, 0, 0, 0, 0, 0).value(), "getpid");
    assertEquals(List.of(), look(a, LiveProcess.HEAP_START, WINDOW + (1L << 40)).areas());
    assertEquals(LiveProcess.HEAP_START, a.brk(0));
    map(WINDOW, PAGE);
    store(a, WINDOW, 1, 5);
  }

  @Test
  void manyProcessesLiveAtATime() {
    for (int i = 1; i < 62; i++) {
      machine.spawn("P" + i);
    }
    assertThrows(LinuxException.class, () -> machine.spawn("tooMany"));
    machine.process("P7").exit();
    machine.spawn("again");
    machine.reset();
    assertEquals(List.of(), machine.living());
    assertThrows(IllegalStateException.class, () -> a.munlockall());
    machine.spawn("A").munlockall();
  }
}
