package dev.elephantfolio.lab.scenario;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The state of a scenario's processes in the scenario's own terms: the same on two sides that
 * agree, whatever addresses and frames they use.
 *
 * @param processes the living ones by name
 * @param counters how far those moved that did, since the scenario began
 */
public record Snapshot(SortedMap<String, ProcessView> processes, SortedMap<String, Long> counters) {
  /** The number of a folio that a page has not. */
  public static final int NO_FOLIO = -1;

  public Snapshot {
    processes = Collections.unmodifiableSortedMap(new TreeMap<>(processes));
    counters = Collections.unmodifiableSortedMap(new TreeMap<>(counters));
  }

  /**
   * What {@code state} comes to.
   *
   * @param regions the scenario's regions by number
   * @param counters how far those moved that did
   */
  public static Snapshot of(
      MachineState state, List<String> regions, SortedMap<String, Long> counters) {
    return SnapshotMaker.of(state, regions, counters);
  }

  /** A process: its areas by region, and the present and swapped pages of each. */
  public record ProcessView(List<AreaView> areas, List<PageView> pages) {
    public ProcessView {
      areas = List.copyOf(areas);
      pages = List.copyOf(pages);
    }
  }

  /**
   * A memory area.
   *
   * @param startBytes from the region's beginning; negative for a stack that grew out of it
   * @param permissions as {@code /proc/PID/maps} writes them: {@code rw-p}
   */
  public record AreaView(
      String region,
      long startBytes,
      long endBytes,
      String permissions,
      Map<SmapsField, Long> smaps,
      List<String> flags) {
    public AreaView {
      smaps = Collections.unmodifiableMap(new EnumMap<>(smaps));
      flags = List.copyOf(flags);
    }
  }

  /**
   * A page.
   *
   * @param page its place in the region, in pages
   * @param mapCount what kpagecount says; 0 when it is not present, as the next three
   * @param folio the folio's number by first appearance; {@link #NO_FOLIO} when not present
   * @param index its place in the folio
   * @param order of the folio
   * @param value the first 64-bit word; null where it cannot be read without changing anything
   * @param frameFlags the bits of kpageflags; not part of a report
   */
  public record PageView(
      String region,
      long page,
      boolean present,
      boolean swapped,
      boolean exclusive,
      boolean guard,
      boolean file,
      long mapCount,
      int folio,
      int index,
      int order,
      boolean pmd,
      boolean zero,
      boolean ksm,
      @Nullable Long value,
      long frameFlags) {}
}
