package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.lab.scenario.Snapshot.AreaView;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import dev.elephantfolio.lab.scenario.Snapshot.ProcessView;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a snapshot shows, and under which names and numbers. */
final class SnapshotTest {
  private static ProcessView process(Snapshot snapshot, String name) {
    return Objects.requireNonNull(snapshot.processes().get(name), name);
  }

  /** {@code a 0..4096 rw-p}. */
  private static List<String> areas(Snapshot snapshot, String process) {
    return process(snapshot, process).areas().stream().map(SnapshotTest::shape).toList();
  }

  private static String shape(AreaView area) {
    return area.region()
        + " "
        + area.startBytes()
        + ".."
        + area.endBytes()
        + " "
        + area.permissions();
  }

  /** {@code a/1: folio 0[1] order 9}. */
  private static List<String> pages(Snapshot snapshot, String process) {
    return process(snapshot, process).pages().stream().map(SnapshotTest::shape).toList();
  }

  private static String shape(PageView page) {
    return page.region()
        + "/"
        + page.page()
        + ": folio "
        + page.folio()
        + "["
        + page.index()
        + "] order "
        + page.order();
  }

  @Test
  void foliosAreNumberedByFirstAppearanceWhereverTheyLie() {
    Snapshot snapshot =
        Run.snapshot(
            """
            process B
            B mmap a 8K
            B mmap b 4K
            B write b 4K 1
            B write a+4K 4K 1
            B write a 4K 1
            B fork A
            A write a+4K 4K 2
            snapshot
            """);
    assertEquals(
        List.of("a/0: folio 0[0] order 0", "a/1: folio 1[0] order 0", "b/0: folio 2[0] order 0"),
        pages(snapshot, "A"));
    assertEquals(
        List.of("a/0: folio 0[0] order 0", "a/1: folio 3[0] order 0", "b/0: folio 2[0] order 0"),
        pages(snapshot, "B"));
  }

  @Test
  void pagesOfLargeFoliosHaveTheirPlaceInThem() {
    Snapshot snapshot =
        Run.snapshot(
            """
            set transparent_hugepage/hugepages-16kB/enabled always
            process A
            A mmap a 32K
            A write a+16K 4K 1
            A munmap a+20K 4K
            snapshot
            """);
    assertEquals(
        List.of("a/4: folio 0[0] order 2", "a/6: folio 0[2] order 2", "a/7: folio 0[3] order 2"),
        pages(snapshot, "A"));
    assertEquals(List.of("a 0..20480 rw-p", "a 24576..32768 rw-p"), areas(snapshot, "A"));
    assertEquals(
        Map.of(
            "hugepages-16kB/anon_fault_alloc",
            1L,
            "hugepages-16kB/nr_anon",
            1L,
            "hugepages-16kB/nr_anon_partially_mapped",
            1L,
            "hugepages-16kB/split_deferred",
            1L),
        snapshot.counters());
  }

  @Test
  void regionsComeInTheirOrderTheHeapFirst() {
    Snapshot snapshot =
        Run.snapshot(
            """
            process A
            A mmap z 4K at=b      # z is 0, b is 1
            A mmap a 4K
            A mmap z+8K 4K none
            A brk +4K
            snapshot
            """);
    assertEquals(
        List.of("[heap] 0..4096 rw-p", "z 8192..12288 ---p", "b 0..4096 rw-p", "a 0..4096 rw-p"),
        areas(snapshot, "A"));
  }

  @Test
  void whatTheKernelPlacedShowsUnderItsName() {
    Snapshot snapshot =
        Run.snapshot(
            """
            process A
            A mmap a 2M
            A mmap b 64K anywhere
            A write b+4K 4K 5
            A mmap c 4K at=a+2M
            A write c 4K 6
            A fork B
            A mmap d 4M
            A mmap d 2M at=d
            A write d+2M 4K 7
            A mmap d+4M 4K
            A mremap d 4M 8M maymove
            A read d+2M 4K 7
            A read d+4M 8K 0
            snapshot
            """);
    assertEquals(List.of("a 0..2101248 rw-p", "b 0..65536 rw-p"), areas(snapshot, "B"));
    assertEquals(
        List.of("a/512: folio 0[0] order 0", "b/1: folio 1[0] order 0"), pages(snapshot, "B"));
    assertEquals(
        List.of("a 0..2101248 rw-p", "b 0..65536 rw-p", "d 4194304..4198400 rw-p"),
        areas(snapshot, "A").subList(0, 3));
    assertTrue(areas(snapshot, "A").contains("d 0..8388608 rw-p"), areas(snapshot, "A").toString());
  }

  @Test
  void aStackThatGrewOutOfItsWindowKeepsItsName() {
    Snapshot snapshot =
        Run.snapshot(
            """
            process A
            A mmap a 64K
            A mmap b 64K growsdown
            A write b 4K 1
            A write a+1048572K 4K 2    # the last page of a's window, right below b
            snapshot
            """);
    assertEquals(List.of("a 0..65536 rw-p", "b -4096..65536 rw-p"), areas(snapshot, "A"));
    assertEquals(
        List.of("b/-1: folio 0[0] order 0", "b/0: folio 1[0] order 0"), pages(snapshot, "A"));
  }

  @Test
  void aVforkChildShowsItsParentsMemory() {
    Snapshot snapshot =
        Run.snapshot(
            """
            process A
            A mmap a 4K
            A write a 4K 1
            A vfork B
            B write a 4K 2
            snapshot
            """);
    assertEquals(process(snapshot, "A"), process(snapshot, "B"));
    assertEquals(2L, process(snapshot, "A").pages().getFirst().value());
    assertEquals(1, process(snapshot, "A").pages().getFirst().mapCount());
  }

  @Test
  void guardsAndUnreadablePagesShowWhatTheyCan() {
    Snapshot snapshot =
        Run.snapshot(
            """
            process A
            A mmap a 12K
            A madvise a 4K guard_install
            A write a+4K 4K 1
            A mprotect a+4K 4K none
            snapshot
            """);
    PageView guard = process(snapshot, "A").pages().getFirst();
    assertTrue(guard.guard() && guard.swapped() && !guard.present());
    assertEquals(Snapshot.NO_FOLIO, guard.folio());
    PageView closed = process(snapshot, "A").pages().get(1);
    assertTrue(closed.present() && closed.exclusive());
    assertNull(closed.value(), "a look must not change anything");
    assertEquals(2, process(snapshot, "A").pages().size());
  }

  @Test
  void smapsCountsWholeKibibytes() {
    Snapshot snapshot =
        Run.snapshot(
            """
            process A
            A mmap a 4K
            A write a 4K 1
            A fork B
            A fork C
            snapshot
            """);
    AreaView area = process(snapshot, "A").areas().getFirst();
    assertEquals(1024L, area.smaps().get(SmapsField.PSS));
    assertEquals(4096L, area.smaps().get(SmapsField.RSS));
    assertEquals(SmapsField.values().length, area.smaps().size());
    assertFalse(area.flags().isEmpty());
  }

  @Test
  void theTextTellsRunsOfPagesThatAreAlike() {
    Snapshot snapshot =
        Run.snapshot(
            """
            set transparent_hugepage/enabled always
            process A
            A mmap a 2M
            A write a 2M 7
            A mmap b 16K
            A write b 8K 8
            A madvise b+8K 8K guard_install
            A fork B
            B write a+4K 4K 9
            A exit
            snapshot
            """);
    assertEquals(
        """
        B
          a 0..2M rw-p  Rss 2M  Pss 2M  Pss_Dirty 2M  Private_Dirty 2M  Referenced 4K\
          Anonymous 2M  THPeligible 1  [rd wr mr mw me ac]
            0  folio 0, order 9, index 0  present exclusive mapcount=1 value=7
            1  folio 1, order 0  present exclusive mapcount=1 value=9
            2..511  folio 0, order 9, index 2..511  present exclusive mapcount=1 value=7
          b 0..16K rw-p  Rss 8K  Pss 8K  Pss_Dirty 8K  Private_Dirty 8K  Anonymous 8K\
          [rd wr mr mw me gu ac]
            0..1  folio 2..3, order 0  present exclusive mapcount=1 value=8
            2..3  swapped guard
        counters
          hugepages-2048kB/anon_fault_alloc +1
          hugepages-2048kB/nr_anon +1
          hugepages-2048kB/nr_anon_partially_mapped +1
          hugepages-2048kB/split_deferred +1
          thp_deferred_split_page +1
          thp_fault_alloc +1
          thp_split_pmd +1
        """,
        SnapshotText.of(snapshot));
  }
}
