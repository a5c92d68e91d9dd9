package dev.elephantfolio.conformance.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.stat.KernelPages;
import dev.elephantfolio.lab.scenario.SmapsField;
import dev.elephantfolio.lab.scenario.Snapshot;
import dev.elephantfolio.lab.scenario.Snapshot.AreaView;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import dev.elephantfolio.lab.scenario.Snapshot.ProcessView;
import dev.elephantfolio.lab.scenario.Step;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Each field of a state is changed in turn, and each change must be seen. */
final class SnapshotComparisonTest {
  private static final PageView PAGE =
      new PageView(
          "a",
          3,
          true,
          false,
          true,
          false,
          false,
          1,
          0,
          3,
          9,
          true,
          false,
          false,
          7L,
          KernelPages.ANON);

  private static Snapshot with(AreaView area, PageView... pages) {
    ProcessView process = new ProcessView(List.of(area), List.of(pages));
    return new Snapshot(new TreeMap<>(Map.of("A", process)), new TreeMap<>(Map.of("thp_x", 1L)));
  }

  private static AreaView area(Map<SmapsField, Long> changed) {
    return area(0, 2 << 20, "rw-p", changed, List.of("rd", "wr"));
  }

  private static AreaView area(
      long start, long end, String permissions, Map<SmapsField, Long> changed, List<String> flags) {
    Map<SmapsField, Long> smaps = new EnumMap<>(SmapsField.class);
    for (SmapsField field : SmapsField.values()) {
      smaps.put(field, 4096L);
    }
    smaps.putAll(changed);
    return new AreaView("a", start, end, permissions, smaps, flags);
  }

  private static List<Difference> compare(Snapshot engine, Snapshot live) {
    return SnapshotComparison.of(engine, live, _ -> true).differences();
  }

  private static List<String> kinds(Snapshot engine, Snapshot live) {
    return compare(engine, live).stream().map(Difference::kind).toList();
  }

  @Test
  void theSameAgrees() {
    Snapshot state = with(area(Map.of()), PAGE);
    assertEquals(List.of(), compare(state, with(area(Map.of()), PAGE)));
    assertEquals(1, SnapshotComparison.of(state, state, _ -> true).pages());
  }

  @Test
  void everyFieldOfAPageIsSeen() throws Exception {
    RecordComponent[] fields = PageView.class.getRecordComponents();
    for (int i = 0; i < fields.length; i++) {
      PageView other = changed(i, fields);
      boolean place = fields[i].getName().equals("region") || fields[i].getName().equals("page");
      List<String> kinds = kinds(with(area(Map.of()), PAGE), with(area(Map.of()), other));
      assertEquals(place ? 2 : 1, kinds.size(), fields[i].getName() + ": " + kinds);
    }
  }

  private static PageView changed(int index, RecordComponent[] fields)
      throws ReflectiveOperationException {
    Object[] values = new Object[fields.length];
    for (int i = 0; i < fields.length; i++) {
      values[i] = fields[i].getAccessor().invoke(PAGE);
    }
    values[index] =
        switch (values[index]) {
          case Boolean is -> !is;
          case Integer number -> number + 1;
          case Long number when index == fields.length - 1 -> number | KernelPages.UNEVICTABLE;
          case Long number -> number + 1;
          case String text -> text + "b";
          case Object other -> throw new IllegalArgumentException(other.toString());
        };
    return make(values, fields);
  }

  private static PageView make(Object[] values, RecordComponent[] fields)
      throws ReflectiveOperationException {
    Class<?>[] types = Arrays.stream(fields).map(RecordComponent::getType).toArray(Class[]::new);
    Constructor<PageView> constructor = PageView.class.getDeclaredConstructor(types);
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(e.getCause());
    }
  }

  @Test
  void everyFieldOfSmapsIsSeenButReferenced() {
    for (SmapsField field : SmapsField.values()) {
      List<String> kinds = kinds(with(area(Map.of())), with(area(Map.of(field, 8192L))));
      List<String> expected =
          field == SmapsField.REFERENCED ? List.of() : List.of("smaps " + field.kernelName());
      assertEquals(expected, kinds);
    }
  }

  @Test
  void areasAreSeen() {
    Snapshot state = with(area(Map.of()));
    Snapshot longer = with(area(0, 4 << 20, "rw-p", Map.of(), List.of("rd", "wr")));
    Snapshot readOnly = with(area(0, 2 << 20, "r--p", Map.of(), List.of("rd", "wr")));
    Snapshot huge = with(area(0, 2 << 20, "rw-p", Map.of(), List.of("rd", "wr", "hg")));
    assertEquals(List.of("area boundaries"), kinds(state, longer));
    assertEquals(List.of("area permissions"), kinds(state, readOnly));
    assertEquals(List.of("VmFlags"), kinds(state, huge));
  }

  @Test
  void aPageThatIsNotThereIsSeen() {
    assertEquals(List.of("page presence"), kinds(with(area(Map.of()), PAGE), with(area(Map.of()))));
    assertEquals(List.of("page presence"), kinds(with(area(Map.of())), with(area(Map.of()), PAGE)));
  }

  @Test
  void causesComeBeforeSums() {
    PageView other =
        new PageView(
            "a",
            3,
            true,
            false,
            true,
            false,
            false,
            2,
            0,
            3,
            9,
            true,
            false,
            false,
            7L,
            KernelPages.ANON);
    List<String> kinds =
        kinds(with(area(Map.of()), PAGE), with(area(Map.of(SmapsField.PSS, 2048L)), other));
    assertEquals(List.of("page mapcount", "smaps Pss"), kinds);
  }

  @Test
  void countersAreSeenWhereTheyAreWanted() {
    Snapshot one = new Snapshot(new TreeMap<>(), new TreeMap<>(Map.of("thp_split_pmd", 1L)));
    Snapshot two = new Snapshot(new TreeMap<>(), new TreeMap<>(Map.of("thp_split_pmd", 2L)));
    Snapshot none = new Snapshot(new TreeMap<>(), new TreeMap<>());
    assertEquals(List.of("counter thp_split_pmd"), kinds(one, two));
    assertEquals(List.of("counter thp_split_pmd"), kinds(one, none));
    assertTrue(SnapshotComparison.of(one, two, _ -> false).differences().isEmpty());
  }

  @Test
  void countersOfTheMachineAreLeftOut() {
    Predicate<String> plain = Mask.counters(List.of());
    assertTrue(plain.test("thp_split_pmd") && plain.test("hugepages-64kB/anon_fault_alloc"));
    assertTrue(plain.test("thp_collapse_alloc") && plain.test("thp_scan_exceed_none_pte"));
    assertFalse(plain.test("thp_zero_page_alloc") || plain.test("pgfault"));
    Predicate<String> scanned = Mask.counters(List.of(new Step.KhugepagedStep(0, 1)));
    assertTrue(scanned.test("thp_split_pmd"));
    assertFalse(scanned.test("thp_collapse_alloc") || scanned.test("thp_scan_exceed_none_pte"));
  }

  @Test
  void aProcessThatIsNotThereIsSeen() {
    Snapshot none = new Snapshot(new TreeMap<>(), new TreeMap<>(Map.of("thp_x", 1L)));
    assertEquals(List.of("processes"), kinds(with(area(Map.of())), none));
  }

  @Test
  void theAgeOfAFrameIsLeftOut() {
    long aging = KernelPages.REFERENCED | KernelPages.ACTIVE | KernelPages.LRU;
    assertEquals(0, Mask.frameFlags(aging));
    assertEquals(KernelPages.ANON, Mask.frameFlags(aging | KernelPages.ANON));
  }
}
