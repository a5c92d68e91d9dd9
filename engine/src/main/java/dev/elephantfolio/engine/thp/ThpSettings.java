package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Every file under {@code /sys/kernel/mm/transparent_hugepage}, by its name relative to {@code
 * /sys/kernel/mm}: {@code transparent_hugepage/enabled}, {@code
 * transparent_hugepage/hugepages-64kB/enabled}, {@code
 * transparent_hugepage/khugepaged/max_ptes_none} and so on.
 *
 * <p>Starts with the defaults of 6.18 where {@code CONFIG_TRANSPARENT_HUGEPAGE_MADVISE} is set, as
 * distributions do. Any thread may read and write; a write publishes a new immutable state, and the
 * last of two concurrent writes to one file wins.
 *
 * <pre>
 *  field      | guarded by
 *  -----------+----------------------------------------------
 *  state      | written under this object's monitor; volatile
 *  listeners  | copy on write
 * </pre>
 */
public final class ThpSettings {
  /** One who wants to know of every write. */
  public interface Listener {
    /**
     * After a write to {@code key}, even one that changed nothing. Runs on the writing thread and
     * must not wait; calls come one at a time, in the order of the writes.
     */
    void written(String key, ThpKnobs now);
  }

  /** The values by place, and what they mean together. */
  private static final class State {
    final long[] values;
    final ThpKnobs knobs;

    State(long[] values, ThpKnobs knobs) {
      this.values = values;
      this.knobs = knobs;
    }
  }

  private final KhugepagedCounts counts = new KhugepagedCounts();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile State state;

  public ThpSettings() {
    long[] values = ThpKnobTable.defaults();
    state = new State(values, ThpKnobTable.typed(values));
  }

  /** The key that says where anonymous memory may have folios of {@code order}, 2 to 9. */
  public static String anonSizeKey(int order) {
    return ThpKnobTable.anonSizeKey(order);
  }

  /** All settings as they are now, for paths that need several of them quickly. */
  public ThpKnobs knobs() {
    return state.knobs;
  }

  /** Where khugepaged counts what {@code full_scans} and {@code pages_collapsed} show. */
  public KhugepagedCounts khugepagedCounts() {
    return counts;
  }

  /** Every key, in a fixed order. */
  public static List<String> keys() {
    return List.copyOf(ThpKnobTable.PLACES.keySet());
  }

  public static boolean isKey(String key) {
    return ThpKnobTable.PLACES.containsKey(key);
  }

  /**
   * What the file reads as, without the final newline: {@code always [madvise] never}.
   *
   * @throws MemoryException ENOENT for an unknown key
   */
  public String get(String key) {
    int place = place(key);
    long value =
        switch (place) {
          case ThpKnobTable.FULL_SCANS -> counts.fullScans();
          case ThpKnobTable.PAGES_COLLAPSED -> counts.pagesCollapsed();
          default -> state.values[place];
        };
    return ThpKnobTable.KNOBS.get(place).show(value);
  }

  /**
   * Writes {@code value} to the file, as {@code echo value} would.
   *
   * @throws MemoryException ENOENT for an unknown key, EACCES for one that only reads, EINVAL for a
   *     value it does not take; nothing has changed then
   */
  public void set(String key, String value) {
    int place = place(key);
    long number = ThpKnobTable.KNOBS.get(place).parse(withoutNewline(value));
    synchronized (this) {
      long[] values = state.values.clone();
      values[place] = number;
      ThpKnobTable.check(values);
      ThpKnobs now = ThpKnobTable.typed(values);
      state = new State(values, now);
      for (Listener listener : listeners) {
        listener.written(key, now);
      }
    }
  }

  private static int place(String key) {
    Integer place = ThpKnobTable.PLACES.get(key);
    if (place == null) {
      throw new MemoryException(Errno.ENOENT);
    }
    return place;
  }

  private static String withoutNewline(String value) {
    return value.endsWith("\n") ? value.substring(0, value.length() - 1) : value;
  }

  /** From now on tells {@code listener} of every write. */
  public void addListener(Listener listener) {
    listeners.add(listener);
  }

  /** The key that {@code key} may have been meant to be; the root directory may be left out. */
  public static Optional<String> suggest(String key) {
    if (key.startsWith(ThpKnobTable.ROOT)) {
      return NearestName.of(key, ThpKnobTable.PLACES.keySet());
    }
    List<String> names =
        keys().stream().map(known -> known.substring(ThpKnobTable.ROOT.length())).toList();
    return NearestName.of(key, names).map(ThpKnobTable.ROOT::concat);
  }

  /** The word for {@code key} that {@code value} may have been meant to be. */
  public static Optional<String> suggest(String key, String value) {
    Integer place = ThpKnobTable.PLACES.get(key);
    return place == null
        ? Optional.empty()
        : NearestName.of(value, ThpKnobTable.KNOBS.get(place).words());
  }
}
