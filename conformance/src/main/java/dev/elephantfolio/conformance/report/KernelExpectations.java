package dev.elephantfolio.conformance.report;

import dev.elephantfolio.conformance.compare.Mask;
import dev.elephantfolio.conformance.run.Verdict;
import dev.elephantfolio.lab.scenario.Expectation;
import dev.elephantfolio.lab.scenario.PageCondition;
import dev.elephantfolio.lab.scenario.PageMark;
import dev.elephantfolio.lab.scenario.PageNumber;
import dev.elephantfolio.lab.scenario.Place;
import dev.elephantfolio.lab.scenario.Relation;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.SmapsField;
import dev.elephantfolio.lab.scenario.Snapshot;
import dev.elephantfolio.lab.scenario.Snapshot.AreaView;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import dev.elephantfolio.lab.scenario.Snapshot.ProcessView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel showed and the engine did not, as expectations: what is kept holds the engine to
 * it where there is no kernel to compare with. A few of them are enough.
 */
final class KernelExpectations {
  private static final int MOST_OF_A_KIND = 4;
  private static final int PAGE_SHIFT = 12;

  private final List<String> regions;
  private final List<Expectation> pages = new ArrayList<>();
  private final List<Expectation> sums = new ArrayList<>();

  private KernelExpectations(List<String> regions) {
    this.regions = regions;
  }

  static List<Expectation> of(Scenario program, Verdict.Pair last) {
    KernelExpectations expectations = new KernelExpectations(program.regions());
    Snapshot engine = last.engine().state();
    last.live()
        .state()
        .processes()
        .forEach((name, live) -> expectations.process(name, engine.processes().get(name), live));
    List<Expectation> all = new ArrayList<>(expectations.pages);
    all.addAll(expectations.sums);
    return all;
  }

  private void process(String name, @Nullable ProcessView engine, ProcessView live) {
    if (engine != null) {
      pages(name, byPlace(engine), byPlace(live));
      sums(name, engine.areas(), live.areas());
    }
  }

  private Place place(String region, long offsetBytes) {
    return region.equals(Place.HEAP)
        ? Place.heap(offsetBytes)
        : new Place(region, regions.indexOf(region), offsetBytes);
  }

  // Pages: the first of each run that differs in the same way.

  private Map<Place, PageView> byPlace(ProcessView process) {
    Map<Place, PageView> pages = new TreeMap<>(KernelExpectations::inOrder);
    for (PageView page : process.pages()) {
      pages.put(place(page.region(), page.page() << PAGE_SHIFT), page);
    }
    return pages;
  }

  private static int inOrder(Place one, Place other) {
    return one.number() == other.number()
        ? Long.compare(one.offsetBytes(), other.offsetBytes())
        : Integer.compare(one.number(), other.number());
  }

  private void pages(String process, Map<Place, PageView> engine, Map<Place, PageView> live) {
    Map<Place, PageView> both = new TreeMap<>(KernelExpectations::inOrder);
    both.putAll(engine);
    both.putAll(live);
    List<PageCondition> last = List.of();
    for (Place place : both.keySet()) {
      List<PageCondition> conditions = differing(engine.get(place), live.get(place));
      boolean said = conditions.isEmpty() || conditions.equals(last);
      if (!said && place.offsetBytes() >= 0 && pages.size() < MOST_OF_A_KIND) {
        pages.add(new Expectation.OfPage(process, place, conditions));
      }
      last = conditions;
    }
  }

  /** What of the live page the engine has not. */
  private static List<PageCondition> differing(@Nullable PageView engine, @Nullable PageView live) {
    if (live == null) {
      boolean present = engine != null && engine.present();
      PageMark mark = present ? PageMark.PRESENT : PageMark.SWAPPED;
      return List.of(new PageCondition.Is(mark, false));
    }
    List<PageCondition> conditions = new ArrayList<>();
    mark(conditions, PageMark.PRESENT, engine != null && engine.present(), live.present());
    mark(conditions, PageMark.GUARD, engine != null && engine.guard(), live.guard());
    if (live.present()) {
      PageView other = engine == null ? live : engine;
      mark(conditions, PageMark.PMD, other.pmd(), live.pmd());
      mark(conditions, PageMark.ZERO, other.zero(), live.zero());
      mark(conditions, PageMark.FILE, other.file(), live.file());
      mark(conditions, PageMark.EXCLUSIVE, other.exclusive(), live.exclusive());
      number(conditions, PageNumber.MAPCOUNT, other.mapCount(), live.mapCount());
      number(conditions, PageNumber.ORDER, other.order(), live.order());
      value(conditions, other.value(), live.value());
    }
    return conditions;
  }

  private static void mark(
      List<PageCondition> conditions, PageMark mark, boolean engine, boolean live) {
    if (engine != live) {
      conditions.add(new PageCondition.Is(mark, live));
    }
  }

  private static void number(
      List<PageCondition> conditions, PageNumber number, long engine, long live) {
    if (engine != live) {
      conditions.add(new PageCondition.Has(number, Relation.EQUAL, live));
    }
  }

  private static void value(
      List<PageCondition> conditions, @Nullable Long engine, @Nullable Long live) {
    if (live != null && !Objects.equals(engine, live)) {
      conditions.add(new PageCondition.Has(PageNumber.VALUE, Relation.EQUAL, live));
    }
  }

  // Sums of smaps over regions.

  private void sums(String process, List<AreaView> engine, List<AreaView> live) {
    Set<String> names = new LinkedHashSet<>();
    live.forEach(area -> names.add(area.region()));
    for (String region : names) {
      for (SmapsField field : SmapsField.values()) {
        long value = sum(live, region, field);
        boolean differs = Mask.compares(field) && value != sum(engine, region, field);
        if (differs && sums.size() < MOST_OF_A_KIND) {
          sums.add(
              new Expectation.OfRegion(process, place(region, 0), field, Relation.EQUAL, value));
        }
      }
    }
  }

  private static long sum(List<AreaView> areas, String region, SmapsField field) {
    Map<SmapsField, Long> sums = new HashMap<>();
    for (AreaView area : areas) {
      if (area.region().equals(region)) {
        sums.merge(field, area.smaps().getOrDefault(field, 0L), Long::sum);
      }
    }
    return sums.getOrDefault(field, 0L);
  }
}
