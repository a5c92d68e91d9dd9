package dev.elephantfolio.engine.gup;

/**
 * Where pins may last for ever, and what is done about pages that lie elsewhere.
 *
 * <p>Linux keeps such pins out of memory that must stay movable: ZONE_MOVABLE and CMA areas. It
 * moves the pages away first, and refuses with ENOMEM when they cannot be moved. Without such
 * memory every page may stay where it is ({@link #ANYWHERE}).
 */
public interface LongtermSeam {
  /** All memory may be pinned for ever. */
  LongtermSeam ANYWHERE =
      new LongtermSeam() {
        @Override
        public boolean mayStay(int head) {
          return true;
        }

        @Override
        public boolean moveAway(int[] pfns, int count) {
          return false;
        }
      };

  /** Whether the folio may be pinned for ever where it is. */
  boolean mayStay(int head);

  /**
   * Moves the folios of the given pages that may not stay. Nobody here holds them any more.
   *
   * @return whether all of them were moved, so that the addresses should be pinned again
   */
  boolean moveAway(int[] pfns, int count);
}
