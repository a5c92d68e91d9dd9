package dev.elephantfolio.conformance.compare;

import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What differs between two views of one page. */
final class PageDifferences {
  private final String where;
  private final List<Difference> found;

  /**
   * @param found gets what is found
   */
  PageDifferences(String where, List<Difference> found) {
    this.where = where;
    this.found = found;
  }

  void compare(PageView engine, PageView live) {
    mark("present", engine.present(), live.present());
    mark("swapped", engine.swapped(), live.swapped());
    mark("guard", engine.guard(), live.guard());
    mark("zero", engine.zero(), live.zero());
    number("value", engine.value(), live.value());
    mark("pmd", engine.pmd(), live.pmd());
    number("order", engine.order(), live.order());
    number("index", engine.index(), live.index());
    number("folio", engine.folio(), live.folio());
    number("mapcount", engine.mapCount(), live.mapCount());
    mark("exclusive", engine.exclusive(), live.exclusive());
    mark("file", engine.file(), live.file());
    mark("ksm", engine.ksm(), live.ksm());
    flags(Mask.frameFlags(engine.frameFlags()), Mask.frameFlags(live.frameFlags()));
  }

  private void mark(String field, boolean engine, boolean live) {
    number(field, engine, live);
  }

  private void number(String field, @Nullable Object engine, @Nullable Object live) {
    if (!Objects.equals(engine, live)) {
      found.add(
          new Difference("page " + field, where, String.valueOf(engine), String.valueOf(live)));
    }
  }

  private void flags(long engine, long live) {
    long differing = engine ^ live;
    if (differing != 0) {
      found.add(
          new Difference(
              "kpageflags " + FrameFlagNames.print(differing),
              where,
              FrameFlagNames.print(engine),
              FrameFlagNames.print(live)));
    }
  }
}
