package dev.elephantfolio.conformance.report;

import dev.elephantfolio.lab.scenario.Counters;
import dev.elephantfolio.lab.scenario.Sizes;
import dev.elephantfolio.lab.scenario.SmapsField;
import dev.elephantfolio.lab.scenario.Snapshot;
import dev.elephantfolio.lab.scenario.Snapshot.AreaView;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import dev.elephantfolio.lab.scenario.Snapshot.ProcessView;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Two snapshots of the same moment next to each other, as comments of a scenario: what is the same
 * in one line, what differs in one for each side.
 */
final class BothStates {
  private final List<String> lines = new ArrayList<>();

  private BothStates() {}

  static List<String> lines(Snapshot engine, Snapshot live) {
    BothStates both = new BothStates();
    Set<String> names = new TreeSet<>(engine.processes().keySet());
    names.addAll(live.processes().keySet());
    for (String name : names) {
      both.process(name, engine.processes().get(name), live.processes().get(name));
    }
    both.counters(engine.counters(), live.counters());
    return both.lines;
  }

  private void process(String name, @Nullable ProcessView engine, @Nullable ProcessView live) {
    lines.add("process " + name);
    areas(engine == null ? List.of() : engine.areas(), live == null ? List.of() : live.areas());
    List<PageView> ours = engine == null ? List.of() : engine.pages();
    List<PageView> theirs = live == null ? List.of() : live.pages();
    for (String region : regions(ours, theirs)) {
      for (PageRuns.Lines run : PageRuns.of(region, in(region, ours), in(region, theirs))) {
        pair(run.place(), run.engine(), run.live());
      }
    }
  }

  private static Set<String> regions(List<PageView> engine, List<PageView> live) {
    Set<String> regions = new LinkedHashSet<>();
    engine.forEach(page -> regions.add(page.region()));
    live.forEach(page -> regions.add(page.region()));
    return regions;
  }

  private static List<PageView> in(String region, List<PageView> pages) {
    return pages.stream().filter(page -> page.region().equals(region)).toList();
  }

  private void areas(List<AreaView> engine, List<AreaView> live) {
    Map<String, String> ours = byPlace(engine);
    Map<String, String> theirs = byPlace(live);
    Set<String> places = new LinkedHashSet<>(ours.keySet());
    places.addAll(theirs.keySet());
    for (String place : places) {
      pair(place, ours.get(place), theirs.get(place));
    }
  }

  private static Map<String, String> byPlace(List<AreaView> areas) {
    Map<String, String> texts = new TreeMap<>();
    for (AreaView area : areas) {
      texts.put(place(area), text(area));
    }
    return texts;
  }

  private static String place(AreaView area) {
    long start = area.startBytes();
    String offset = start == 0 ? "" : (start < 0 ? "-" : "+") + Sizes.print(Math.abs(start));
    return "area " + area.region() + offset + " " + Sizes.print(area.endBytes() - start);
  }

  private static String text(AreaView area) {
    StringBuilder words = new StringBuilder(area.permissions());
    for (Map.Entry<SmapsField, Long> field : area.smaps().entrySet()) {
      if (field.getValue() != 0 && isTelling(field.getKey())) {
        words.append(' ').append(field.getKey().kernelName());
        words.append('=').append(Sizes.print(field.getValue()));
      }
    }
    return words + " [" + String.join(" ", area.flags()) + "]";
  }

  private static boolean isTelling(SmapsField field) {
    return switch (field) {
      case SIZE, KERNEL_PAGE_SIZE, MMU_PAGE_SIZE, REFERENCED -> false;
      default -> true;
    };
  }

  private void counters(Map<String, Long> engine, Map<String, Long> live) {
    Set<String> names = new TreeSet<>(engine.keySet());
    names.addAll(live.keySet());
    for (String name : names) {
      if (Counters.isReported(name)) {
        pair(
            "counter " + name,
            "+" + engine.getOrDefault(name, 0L),
            "+" + live.getOrDefault(name, 0L));
      }
    }
  }

  private void pair(String place, @Nullable String engine, @Nullable String live) {
    if (Objects.equals(engine, live)) {
      lines.add("  " + place + "  " + engine);
    } else {
      lines.add("! " + place + "  engine: " + (engine == null ? "nothing" : engine));
      lines.add(
          "! " + " ".repeat(place.length()) + "  live:   " + (live == null ? "nothing" : live));
    }
  }
}
