package dev.elephantfolio.engine.stat;

/**
 * What {@code /proc/PID/pagemap}, {@code /proc/kpagecount} and {@code /proc/kpageflags} say of one
 * page of a process.
 *
 * @param present some frame is mapped
 * @param swapped in swap, on its way between frames, or a guard: an entry that is not present
 * @param exclusive mapped once in all (not the anon-exclusive mark); under a PMD, of every page
 *     what holds of the folio's first
 * @param guard a guard region
 * @param file the frame is not anonymous; so is the huge zero page, but not the small one
 * @param pfn the frame; 0 when none is mapped
 * @param mapCount mappings of that page
 * @param folio the first frame of its folio
 * @param order of its folio
 * @param pmd mapped by a PMD
 * @param zero the zero page or the huge zero page
 */
public record PagemapEntry(
    boolean present,
    boolean swapped,
    boolean exclusive,
    boolean guard,
    boolean file,
    int pfn,
    int mapCount,
    int folio,
    int order,
    boolean pmd,
    boolean zero) {
  /** Nothing there. */
  public static final PagemapEntry NONE =
      new PagemapEntry(false, false, false, false, false, 0, 0, 0, 0, false, false);

  /** The page's place in its folio. */
  public int index() {
    return pfn - folio;
  }
}
