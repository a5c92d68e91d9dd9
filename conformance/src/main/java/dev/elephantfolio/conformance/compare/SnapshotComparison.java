package dev.elephantfolio.conformance.compare;

import dev.elephantfolio.lab.scenario.Sizes;
import dev.elephantfolio.lab.scenario.SmapsField;
import dev.elephantfolio.lab.scenario.Snapshot;
import dev.elephantfolio.lab.scenario.Snapshot.AreaView;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import dev.elephantfolio.lab.scenario.Snapshot.ProcessView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Holds two snapshots of the same moment against each other, field by field. Causes come before
 * what follows from them: areas, then pages, then the sums of smaps, then counters. Used by one
 * thread, for one pair.
 */
public final class SnapshotComparison {
  /** A pair that differs everywhere says so in this many differences. */
  private static final int MOST = 200;

  private static final SmapsField[] FIELDS = SmapsField.values();
  private static final long PAGE_SHIFT = 12;

  private final List<Difference> found = new ArrayList<>();
  private final List<Difference> sums = new ArrayList<>();

  /** The place of each region in the lists of the process at hand. */
  private final Map<String, Integer> ranks = new HashMap<>();

  private long pages;

  /**
   * Compares.
   *
   * @param counters which counters, by name
   */
  public static SnapshotComparison of(Snapshot engine, Snapshot live, Predicate<String> counters) {
    SnapshotComparison comparison = new SnapshotComparison();
    comparison.processes(engine.processes(), live.processes());
    comparison.found.addAll(comparison.sums);
    comparison.counters(engine.counters(), live.counters(), counters);
    return comparison;
  }

  private SnapshotComparison() {}

  /** What differs, what comes first first; empty when nothing does. */
  public List<Difference> differences() {
    return found.size() <= MOST ? found : found.subList(0, MOST);
  }

  /** How many pages were compared. */
  public long pages() {
    return pages;
  }

  private void processes(
      SortedMap<String, ProcessView> engine, SortedMap<String, ProcessView> live) {
    if (!engine.keySet().equals(live.keySet())) {
      found.add(
          new Difference("processes", "", engine.keySet().toString(), live.keySet().toString()));
      return;
    }
    Iterator<ProcessView> theirs = live.values().iterator();
    engine.forEach((name, ours) -> process(name, ours, theirs.next()));
  }

  private void process(String name, ProcessView engine, ProcessView live) {
    ranks.clear();
    rank(engine.areas());
    rank(live.areas());
    areas(name, engine.areas(), live.areas());
    pages(name, engine.pages(), live.pages());
  }

  private void rank(List<AreaView> areas) {
    areas.forEach(area -> ranks.putIfAbsent(area.region(), ranks.size()));
  }

  private boolean enough() {
    return found.size() >= MOST;
  }

  private static String at(String process, String region, long offsetBytes) {
    String sign = offsetBytes < 0 ? "-" : "+";
    String offset = offsetBytes == 0 ? "" : sign + Sizes.print(Math.abs(offsetBytes));
    return process + " " + region + offset;
  }

  // Areas.

  private void areas(String process, List<AreaView> engine, List<AreaView> live) {
    if (!boundaries(engine).equals(boundaries(live))) {
      found.add(
          new Difference(
              "area boundaries",
              process,
              boundaries(engine).toString(),
              boundaries(live).toString()));
      return;
    }
    for (int i = 0; i < engine.size(); i++) {
      area(process, engine.get(i), live.get(i));
    }
  }

  private static List<String> boundaries(List<AreaView> areas) {
    return areas.stream()
        .map(area ->
            at("", area.region(), area.startBytes()).strip()
                + " to "
                + Sizes.print(area.endBytes()))
        .toList();
  }

  private void area(String process, AreaView engine, AreaView live) {
    String where = at(process, engine.region(), engine.startBytes());
    if (!engine.permissions().equals(live.permissions())) {
      found.add(
          new Difference("area permissions", where, engine.permissions(), live.permissions()));
    }
    if (!engine.flags().equals(live.flags())) {
      found.add(
          new Difference(
              "VmFlags", where, String.join(" ", engine.flags()), String.join(" ", live.flags())));
    }
    for (SmapsField field : FIELDS) {
      if (Mask.compares(field)) {
        smaps(where, field, engine.smaps().get(field), live.smaps().get(field));
      }
    }
  }

  private void smaps(String where, SmapsField field, @Nullable Long engine, @Nullable Long live) {
    if (!Objects.equals(engine, live)) {
      sums.add(new Difference("smaps " + field.kernelName(), where, text(engine), text(live)));
    }
  }

  private static String text(@Nullable Long value) {
    return value == null ? "nothing" : Long.toUnsignedString(value);
  }

  // Pages.

  private void pages(String process, List<PageView> engine, List<PageView> live) {
    int i = 0;
    int j = 0;
    while ((i < engine.size() || j < live.size()) && !enough()) {
      int order = order(engine, i, live, j);
      if (order == 0) {
        page(process, engine.get(i), live.get(j));
      } else {
        presence(process, order < 0 ? engine.get(i) : live.get(j), order < 0);
      }
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
      pages++;
    }
  }

  /** Which of the two lists has the lower place next: below 0 the engine's, above 0 the other. */
  private int order(List<PageView> engine, int i, List<PageView> live, int j) {
    if (i >= engine.size()) {
      return 1;
    }
    if (j >= live.size()) {
      return -1;
    }
    PageView ours = engine.get(i);
    PageView theirs = live.get(j);
    return ours.region().equals(theirs.region())
        ? Long.compare(ours.page(), theirs.page())
        : Integer.compare(rank(ours), rank(theirs));
  }

  private int rank(PageView page) {
    return ranks.getOrDefault(page.region(), ranks.size());
  }

  private static String at(String process, PageView page) {
    return at(process, page.region(), page.page() << PAGE_SHIFT);
  }

  private void presence(String process, PageView page, boolean inEngine) {
    String shown = page.present() ? "present" : "swapped";
    found.add(
        new Difference(
            "page presence",
            at(process, page),
            inEngine ? shown : "nothing",
            inEngine ? "nothing" : shown));
  }

  private void page(String process, PageView engine, PageView live) {
    if (same(engine, live)) {
      return;
    }
    PageDifferences differences = new PageDifferences(at(process, engine), found);
    differences.compare(engine, live);
  }

  private static boolean same(PageView engine, PageView live) {
    return engine.folio() == live.folio()
        && engine.index() == live.index()
        && engine.order() == live.order()
        && engine.mapCount() == live.mapCount()
        && engine.present() == live.present()
        && engine.swapped() == live.swapped()
        && engine.exclusive() == live.exclusive()
        && engine.guard() == live.guard()
        && engine.file() == live.file()
        && engine.pmd() == live.pmd()
        && engine.zero() == live.zero()
        && engine.ksm() == live.ksm()
        && Mask.frameFlags(engine.frameFlags()) == Mask.frameFlags(live.frameFlags())
        && Objects.equals(engine.value(), live.value());
  }

  // Counters.

  private void counters(
      SortedMap<String, Long> engine, SortedMap<String, Long> live, Predicate<String> compared) {
    TreeSet<String> names = new TreeSet<>(engine.keySet());
    names.addAll(live.keySet());
    for (String name : names) {
      long ours = engine.getOrDefault(name, 0L);
      long theirs = live.getOrDefault(name, 0L);
      if (compared.test(name) && ours != theirs) {
        found.add(
            new Difference("counter " + name, "", Long.toString(ours), Long.toString(theirs)));
      }
    }
  }
}
