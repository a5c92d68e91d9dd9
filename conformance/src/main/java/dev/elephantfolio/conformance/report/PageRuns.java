package dev.elephantfolio.conformance.report;

import dev.elephantfolio.conformance.compare.FrameFlagNames;
import dev.elephantfolio.conformance.compare.Mask;
import dev.elephantfolio.lab.scenario.Sizes;
import dev.elephantfolio.lab.scenario.Snapshot;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The pages of one region on both sides, those in a row that say the same on each put together. */
final class PageRuns {
  private static final int PAGE_SHIFT = 12;

  /** What a page says on both sides, its place taken out: equal for pages of one run. */
  private record Pair(@Nullable String engine, @Nullable String live) {}

  private final List<Lines> runs = new ArrayList<>();

  /** A run: what it is called, and what both sides say of it; null says nothing is there. */
  record Lines(String place, @Nullable String engine, @Nullable String live) {
    boolean differs() {
      return !Objects.equals(engine, live);
    }
  }

  private PageRuns() {}

  /** Both lists are of one region. */
  static List<Lines> of(String region, List<PageView> engine, List<PageView> live) {
    SortedMap<Long, Pair> pairs = new TreeMap<>();
    Map<Long, PageView> ours = byPage(engine);
    Map<Long, PageView> theirs = byPage(live);
    for (PageView page : engine) {
      pairs.put(page.page(), pair(page, theirs.get(page.page())));
    }
    for (PageView page : live) {
      pairs.putIfAbsent(page.page(), pair(ours.get(page.page()), page));
    }
    return new PageRuns().join(region, pairs);
  }

  private static Map<Long, PageView> byPage(List<PageView> pages) {
    Map<Long, PageView> byPage = new HashMap<>();
    pages.forEach(page -> byPage.put(page.page(), page));
    return byPage;
  }

  private static Pair pair(@Nullable PageView engine, @Nullable PageView live) {
    return new Pair(text(engine), text(live));
  }

  private List<Lines> join(String region, SortedMap<Long, Pair> pairs) {
    long from = 0;
    long next = 0;
    @Nullable Pair open = null;
    for (Map.Entry<Long, Pair> entry : pairs.entrySet()) {
      if (open == null || entry.getKey() != next || !entry.getValue().equals(open)) {
        close(region, from, next, open);
        from = entry.getKey();
        open = entry.getValue();
      }
      next = entry.getKey() + 1;
    }
    close(region, from, next, open);
    return runs;
  }

  private void close(String region, long from, long next, @Nullable Pair open) {
    if (open != null) {
      String offset =
          from == 0 ? "" : (from < 0 ? "-" : "+") + Sizes.print(Math.abs(from) << PAGE_SHIFT);
      String place = region + offset + " " + Sizes.print((next - from) << PAGE_SHIFT);
      runs.add(new Lines(place, open.engine(), open.live()));
    }
  }

  private static @Nullable String text(@Nullable PageView page) {
    if (page == null) {
      return null;
    }
    StringBuilder words = new StringBuilder();
    word(words, page.swapped(), "swapped");
    word(words, page.guard(), "guard");
    if (page.present()) {
      words.append(" mapcount=").append(page.mapCount());
      folio(words, page);
      word(words, page.pmd(), "pmd");
      word(words, page.zero(), "zero");
      word(words, page.exclusive(), "exclusive");
      word(words, page.file(), "file");
      word(words, page.ksm(), "ksm");
      words
          .append(" value=")
          .append(page.value() == null ? "?" : Long.toUnsignedString(page.value()));
      words.append(" flags=").append(FrameFlagNames.print(Mask.frameFlags(page.frameFlags())));
    }
    return words.toString().strip();
  }

  private static void folio(StringBuilder words, PageView page) {
    if (page.folio() != Snapshot.NO_FOLIO && page.order() > 0) {
      words.append(" order=").append(page.order());
      words.append(" folio=").append(page.folio());
      words.append(" index=page").append(signed(page.index() - page.page()));
    }
  }

  private static String signed(long number) {
    return number == 0 ? "" : number < 0 ? Long.toString(number) : "+" + number;
  }

  private static void word(StringBuilder words, boolean is, String word) {
    if (is) {
      words.append(' ').append(word);
    }
  }
}
