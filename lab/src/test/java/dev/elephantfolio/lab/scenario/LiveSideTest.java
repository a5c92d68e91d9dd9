package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.lab.Need;
import dev.elephantfolio.lab.scenario.ScenarioReport.NotedSnapshot;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import dev.elephantfolio.lab.scenario.Snapshot.ProcessView;
import dev.elephantfolio.linux.live.LiveMachine;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The live side says what the engine's side says. */
class LiveSideTest {
  private static final String EVERY_CALL =
      """
      process A
      A mmap a 4M
      A madvise a 4M hugepage
      A write a 4M 7
      A mprotect a+4K 4K r
      A read a 16K 7
      A write a+4K 8K 1 -> SIGSEGV
      A pin a+2M 8K P write longterm fast
      A check P 7
      A fill P 9
      A vmsplice a 8K Q
      A check Q
      A unpin P
      A unpin Q
      A pin a 8K P write longterm fast -> EFAULT
      A fork B
      A process_vm_readv a+4K 8K 7
      A process_vm_readv b 4K -> EFAULT
      A write a 4K 8
      B write a+8K 4K 9
      A brk +132K
      A write [heap] 8K 3
      A madvise a+2M 4K dontneed
      snapshot
      A vfork C
      C write a+16K 4K 5
      C exec
      B exit
      A mlock a+2M 1M
      A munmap a+3M 4K
      A write b 4K 1 -> SIGSEGV
      A mmap b 2M
      A write b 4K 1
      A madvise b 2M collapse
      A mremap b 2M 4M maymove to=c
      A mremap b 2M 4M -> EFAULT
      khugepaged 1
      snapshot
      set transparent_hugepage/enabled never
      set transparent_hugepage/enabled madvise
      A mmap d 4M shared
      A mmap e 4M anywhere
      A write e 8K 4
      A read d 8K 0
      A mlockall current
      A munlockall
      A prctl thp_disable 1
      A write d+2M 4K 5
      A munmap d+2M 4K
      A exec
      A mmap a 4K
      A write a 4K 2
      snapshot
      """;

  @BeforeEach
  void need() {
    Need.liveMachine();
  }

  private static ScenarioReport run(LiveMachine machine, String text) {
    try (Side side = LiveSide.on(machine)) {
      return ScenarioRunner.run(ScenarioParser.parse("t.efs", text), side);
    }
  }

  /** Without what a daemon of the live machine may change: which pages count as referenced. */
  private static List<String> lines(ProcessView process) {
    return process.areas().stream()
        .map(area -> {
          TreeMap<String, Long> smaps = new TreeMap<>();
          area.smaps().forEach((field, value) -> smaps.put(field.kernelName(), value));
          smaps.remove(SmapsField.REFERENCED.kernelName());
          return area.region() + area.startBytes() + area.permissions() + smaps + area.flags();
        })
        .toList();
  }

  private static void assertSame(NotedSnapshot engine, NotedSnapshot live) {
    var expected = engine.snapshot().processes();
    var got = live.snapshot().processes();
    assertEquals(expected.keySet(), got.keySet());
    expected.forEach((name, process) -> {
      ProcessView other = Objects.requireNonNull(got.get(name));
      assertEquals(lines(process), lines(other));
      assertEquals(pages(process), pages(other));
    });
  }

  private static List<String> pages(ProcessView process) {
    return process.pages().stream().map(LiveSideTest::withoutFrameFlags).toList();
  }

  private static String withoutFrameFlags(PageView page) {
    return page.toString().replaceAll(", frameFlags=.*", "");
  }

  @Test
  void everyCallComesOutAsOnTheEngine() {
    ScenarioReport engine = Run.ok(EVERY_CALL);
    try (LiveMachine machine = LiveSide.machine(_ -> {})) {
      ScenarioReport live = run(machine, EVERY_CALL);
      assertEquals(List.of(), live.failures());
      assertEquals("live", live.side());
      assertEquals(engine.calls(), live.calls());
      for (int i = 0; i < engine.snapshots().size(); i++) {
        assertSame(engine.snapshots().get(i), live.snapshots().get(i));
      }
    }
  }

  @Test
  void everyScenarioFindsTheSameMachine() {
    String text =
        """
        set transparent_hugepage/khugepaged/max_ptes_none 0
        process A
        A mmap a 2M
        A write a 4K 1
        A madvise a 2M hugepage
        khugepaged 1
        expect A a AnonHugePages = 0
        """;
    try (LiveMachine machine = LiveSide.machine(_ -> {})) {
      assertTrue(run(machine, text).ok());
      assertTrue(run(machine, text.replaceFirst("set.*\n", "").replace("= 0", "= 2M")).ok());
    }
  }

  @Test
  void aWrongSettingIsTheScenariosMistake() {
    try (LiveMachine machine = LiveSide.machine(_ -> {})) {
      String message =
          assertThrows(
                  LabException.class,
                  () -> run(machine, "set transparent_hugepage/enabled sometimes\n"))
              .getMessage();
      assertTrue(message.startsWith("t.efs:1:"), message);
    }
  }
}
