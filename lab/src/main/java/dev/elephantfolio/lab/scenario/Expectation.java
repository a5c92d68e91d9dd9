package dev.elephantfolio.lab.scenario;

import java.util.List;

/** What must hold at a point of a scenario. */
public sealed interface Expectation {
  /** A field of smaps, summed over the areas of a region. */
  record OfRegion(String process, Place region, SmapsField field, Relation relation, long value)
      implements Expectation {}

  /** A field of smaps, summed over all areas of a process that the scenario made. */
  record OfProcess(String process, SmapsField field, Relation relation, long value)
      implements Expectation {}

  /** One page. */
  record OfPage(String process, Place place, List<PageCondition> conditions)
      implements Expectation {
    public OfPage {
      conditions = List.copyOf(conditions);
    }
  }

  /**
   * Two pages, both present.
   *
   * @param same whether they must be one frame, or two
   */
  record OfFrames(String process, Place place, boolean same, String otherProcess, Place otherPlace)
      implements Expectation {}

  /** How far a counter has moved since the scenario began. */
  record OfCounter(String counter, Relation relation, long value) implements Expectation {}

  /** The places that it names, in the order in which they are written. */
  default List<Place> places() {
    return switch (this) {
      case OfRegion of -> List.of(of.region());
      case OfPage of -> List.of(of.place());
      case OfFrames of -> List.of(of.place(), of.otherPlace());
      case OfProcess _, OfCounter _ -> List.of();
    };
  }
}
