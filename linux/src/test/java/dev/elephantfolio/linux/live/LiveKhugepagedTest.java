package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.settings.KernelSettings;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/** khugepaged works when it is asked to, and counters count. */
class LiveKhugepagedTest extends LiveFixture {
  private static long fullScans() {
    return Long.parseLong(KernelSettings.live().read(THP + "khugepaged/full_scans"));
  }

  private void fillWithSmallPages() {
    map(WINDOW, HUGE);
    store(a, WINDOW, 512, 1);
    ok(a.madvise(WINDOW, HUGE, HUGEPAGE));
  }

  @Test
  void khugepagedWorksWhenAskedTo() throws Exception {
    fillWithSmallPages();
    Thread.sleep(50);
    assertEquals(0, anonHuge());
    long before = fullScans();
    assertEquals(1, machine.khugepagedScans(1));
    assertEquals(HUGE, anonHuge());
    assertEquals(5, machine.khugepagedScans(5));
    assertEquals(before + 6, fullScans());
  }

  @Test
  void switchingHugePagesOnAgainScansNothing() throws Exception {
    fillWithSmallPages();
    for (int round = 0; round < 3; round++) {
      machine.set(THP + "enabled", "never");
      assertEquals(0, machine.khugepagedScans(1), "there is no khugepaged");
      machine.set(THP + "enabled", "madvise");
      Thread.sleep(20);
      assertEquals(0, anonHuge());
    }
    ok(a.prctl(41, 1, 2, 0, 0));
    assertEquals(1, machine.khugepagedScans(1));
    assertEquals(HUGE, anonHuge());
    assertEquals(3, a.prctl(42, 0, 0, 0, 0).value(), "except where advised");
  }

  @Test
  void countersCount() {
    SortedMap<String, Long> before = machine.counters();
    mapHuge(WINDOW, HUGE);
    store(a, WINDOW, 1, 1);
    ok(a.madvise(WINDOW, PAGE, DONTNEED));
    SortedMap<String, Long> after = machine.counters();
    for (String counter :
        List.of("thp_fault_alloc", "thp_split_pmd", "hugepages-2048kB/anon_fault_alloc")) {
      assertTrue(after.getOrDefault(counter, 0L) > before.getOrDefault(counter, 0L), counter);
    }
    assertTrue(after.containsKey("hugepages-16kB/split"));
    assertTrue(after.containsKey("nr_free_pages"));
  }

  @Test
  void collapseIsAnsweredLikeEveryAdvice() {
    map(WINDOW, PAGE);
    assertEquals(EINVAL, a.madvise(WINDOW, PAGE, COLLAPSE).errno(), "no place for a huge page");
    map(WINDOW, HUGE);
    store(a, WINDOW, 3, 1);
    ok(a.madvise(WINDOW, HUGE, COLLAPSE));
    assertEquals(HUGE, anonHuge());
  }
}
