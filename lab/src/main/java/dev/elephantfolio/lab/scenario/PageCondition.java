package dev.elephantfolio.lab.scenario;

/** One thing that must hold of one page. */
public sealed interface PageCondition {
  /**
   * {@code pmd}, {@code !swapped}.
   *
   * @param wanted whether the page must be so
   */
  record Is(PageMark mark, boolean wanted) implements PageCondition {}

  /** {@code mapcount=1}. */
  record Has(PageNumber number, Relation relation, long value) implements PageCondition {}

  /** As it is written. */
  default String word() {
    return switch (this) {
      case Is(PageMark mark, boolean wanted) -> wanted ? mark.word() : "!" + mark.word();
      case Has(PageNumber number, Relation relation, long value) ->
          number.word() + relation.sign() + Long.toUnsignedString(value);
    };
  }
}
