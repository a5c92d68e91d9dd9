package dev.elephantfolio.conformance.program;

import dev.elephantfolio.conformance.program.Arena.Range;
import dev.elephantfolio.lab.scenario.Advice;
import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.MapOption;
import dev.elephantfolio.lab.scenario.Place;
import dev.elephantfolio.lab.scenario.Placement;
import dev.elephantfolio.lab.scenario.Protection;
import dev.elephantfolio.lab.scenario.Step.SetStep;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/**
 * A 2 MiB place of small pages in which as many entries are empty, or shared with a child, as
 * khugepaged's limit allows, or one more or less: single calls hardly ever come so near to it.
 */
final class Scene {
  private static final int PAGES = 512;
  private static final List<Integer> LIMITS = List.of(0, 1, 64, 255, 256, 510, 511);

  private final Place place;
  private final boolean shared;
  private final int limit;
  private final int count;

  /**
   * @param mayFork whether there may be a child
   */
  Scene(Dice dice, Place place, boolean mayFork) {
    this.place = place;
    this.shared = mayFork && dice.percent(40);
    this.limit = dice.oneOf(LIMITS);
    this.count = Math.clamp(limit + dice.between(-1, 1), 0, PAGES - 1);
  }

  SetStep limit() {
    String name = shared ? "max_ptes_shared" : "max_ptes_none";
    return new SetStep(0, "transparent_hugepage/khugepaged/" + name, Integer.toString(limit));
  }

  /** Small pages where there are to be some. */
  List<Call> before() {
    List<Call> calls = new ArrayList<>();
    calls.add(
        new Call.Mmap(
            place,
            Arena.HUGE,
            Protection.RW,
            false,
            Placement.HERE,
            EnumSet.noneOf(MapOption.class)));
    calls.add(advise("nohugepage"));
    calls.add(write(shared ? PAGES : PAGES - count, 3));
    calls.add(advise("hugepage"));
    return calls;
  }

  boolean needsChild() {
    return shared;
  }

  /** After a fork, all but so many are made the parent's own again. */
  List<Call> after() {
    return shared && count < PAGES ? List.of(write(PAGES - count, 5)) : List.of();
  }

  private Call write(int pages, long value) {
    Range range = new Range(place, pages * Arena.PAGE);
    return new Call.Write(range.place(), range.lengthBytes(), value);
  }

  private Call advise(String advice) {
    return new Call.Madvise(place, Arena.HUGE, Advice.named(advice).orElseThrow());
  }
}
