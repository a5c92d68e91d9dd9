package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The files that {@link ThpSettings} consists of: each has a place in an array of numbers, a
 * default, and a meaning in {@link ThpKnobs}.
 */
final class ThpKnobTable {
  static final String ROOT = "transparent_hugepage/";
  private static final int PAGE_KILOBYTES = 4;
  private static final int SMALLEST_SHMEM_ORDER = 1;
  private static final int SMALLEST_ANON_ORDER = 2;
  private static final int PMD_ORDER = ThpOrders.PMD_ORDER;
  private static final int PTES_MAX = (1 << PMD_ORDER) - 1;
  private static final long UNSIGNED_INT_MAX = 0xFFFF_FFFFL;

  private static final List<String> ANON_WORDS = List.of("always", "inherit", "madvise", "never");
  private static final List<String> SHMEM_SIZE_WORDS =
      List.of("always", "inherit", "within_size", "advise", "never");
  private static final int ANON_ALWAYS = 0;
  private static final int ANON_INHERIT = 1;
  private static final int ANON_MADVISE = 2;
  private static final int ANON_NEVER = 3;
  private static final int SHMEM_SIZE_INHERIT = 1;
  private static final int SHMEM_SIZE_NEVER = 4;
  private static final int SHMEM_NEVER = 3;
  private static final int SHMEM_DENY = 4;
  private static final int SHMEM_FORCE = 5;

  // The places of the values; a size's come last, by order.
  private static final int ENABLED = 0;
  private static final int DEFRAG = 1;
  private static final int USE_ZERO_PAGE = 2;
  private static final int SHRINK_UNDERUSED = 3;
  private static final int HPAGE_PMD_SIZE = 4;
  private static final int SHMEM_ENABLED = 5;
  private static final int KHUGEPAGED_DEFRAG = 6;
  private static final int MAX_PTES_NONE = 7;
  private static final int MAX_PTES_SWAP = 8;
  private static final int MAX_PTES_SHARED = 9;
  private static final int PAGES_TO_SCAN = 10;
  private static final int SCAN_SLEEP = 11;
  private static final int ALLOC_SLEEP = 12;
  static final int FULL_SCANS = 13;
  static final int PAGES_COLLAPSED = 14;
  private static final int ANON_BESIDE_FULL = 15;
  private static final int SHMEM_SIZES = 16;
  private static final int ANON_SIZES = SHMEM_SIZES + PMD_ORDER;
  private static final int VALUES = ANON_SIZES + PMD_ORDER;

  static final List<ThpKnob> KNOBS = makeKnobs();
  static final Map<String, Integer> PLACES = makePlaces();

  private ThpKnobTable() {}

  private static List<ThpKnob> makeKnobs() {
    List<ThpKnob> knobs = new ArrayList<>(VALUES);
    knobs.add(choice("enabled", "always", "madvise", "never"));
    knobs.add(choice("defrag", "always", "defer", "defer+madvise", "madvise", "never"));
    knobs.add(number("use_zero_page", 0, 1));
    knobs.add(new ThpKnob.Switch(ROOT + "shrink_underused"));
    knobs.add(new ThpKnob.ReadOnly(ROOT + "hpage_pmd_size"));
    knobs.add(choice("shmem_enabled", "always", "within_size", "advise", "never", "deny", "force"));
    knobs.add(number("khugepaged/defrag", 0, 1));
    knobs.add(number("khugepaged/max_ptes_none", 0, PTES_MAX));
    knobs.add(number("khugepaged/max_ptes_swap", 0, PTES_MAX));
    knobs.add(number("khugepaged/max_ptes_shared", 0, PTES_MAX));
    knobs.add(number("khugepaged/pages_to_scan", 1, UNSIGNED_INT_MAX));
    knobs.add(number("khugepaged/scan_sleep_millisecs", 0, UNSIGNED_INT_MAX));
    knobs.add(number("khugepaged/alloc_sleep_millisecs", 0, UNSIGNED_INT_MAX));
    knobs.add(new ThpKnob.ReadOnly(ROOT + "khugepaged/full_scans"));
    knobs.add(new ThpKnob.ReadOnly(ROOT + "khugepaged/pages_collapsed"));
    knobs.add(number("anon_beside_full", 0, 1));
    for (int order = SMALLEST_SHMEM_ORDER; order <= PMD_ORDER; order++) {
      knobs.add(new ThpKnob.Choice(sizeKey(order, "shmem_enabled"), SHMEM_SIZE_WORDS));
    }
    for (int order = SMALLEST_SHMEM_ORDER; order <= PMD_ORDER; order++) {
      knobs.add(new ThpKnob.Choice(anonSizeKey(order), ANON_WORDS));
    }
    return List.copyOf(knobs);
  }

  private static ThpKnob choice(String name, String... words) {
    return new ThpKnob.Choice(ROOT + name, List.of(words));
  }

  private static ThpKnob number(String name, long min, long max) {
    return new ThpKnob.Decimal(ROOT + name, min, max);
  }

  private static String sizeKey(int order, String name) {
    return ROOT + "hugepages-" + (PAGE_KILOBYTES << order) + "kB/" + name;
  }

  static String anonSizeKey(int order) {
    return sizeKey(order, "enabled");
  }

  private static Map<String, Integer> makePlaces() {
    Map<String, Integer> places = new LinkedHashMap<>();
    for (int place = 0; place < VALUES; place++) {
      // Anonymous memory has no folios of order 1; its place stays "never".
      if (place != anonSize(SMALLEST_SHMEM_ORDER)) {
        places.put(KNOBS.get(place).key(), place);
      }
    }
    return Collections.unmodifiableMap(places);
  }

  private static int anonSize(int order) {
    return ANON_SIZES + order - SMALLEST_SHMEM_ORDER;
  }

  private static int shmemSize(int order) {
    return SHMEM_SIZES + order - SMALLEST_SHMEM_ORDER;
  }

  static long[] defaults() {
    long[] values = new long[VALUES];
    values[ENABLED] = KNOBS.get(ENABLED).parse("madvise");
    values[DEFRAG] = KNOBS.get(DEFRAG).parse("madvise");
    values[USE_ZERO_PAGE] = 1;
    values[SHRINK_UNDERUSED] = 1;
    values[HPAGE_PMD_SIZE] = (PAGE_KILOBYTES * 1024L) << PMD_ORDER;
    values[SHMEM_ENABLED] = SHMEM_NEVER;
    values[KHUGEPAGED_DEFRAG] = 1;
    values[MAX_PTES_NONE] = PTES_MAX;
    values[MAX_PTES_SWAP] = 64;
    values[MAX_PTES_SHARED] = 256;
    values[PAGES_TO_SCAN] = 4096;
    values[SCAN_SLEEP] = 10_000;
    values[ALLOC_SLEEP] = 60_000;
    for (int order = SMALLEST_SHMEM_ORDER; order < PMD_ORDER; order++) {
      values[anonSize(order)] = ANON_NEVER;
      values[shmemSize(order)] = SHMEM_SIZE_NEVER;
    }
    values[anonSize(PMD_ORDER)] = ANON_INHERIT;
    values[shmemSize(PMD_ORDER)] = SHMEM_SIZE_INHERIT;
    return values;
  }

  static ThpKnobs typed(long[] values) {
    GlobalMode enabled = GlobalMode.valueOf(constantOf(ENABLED, values));
    int always = ordersSetTo(values, ANON_ALWAYS);
    int madvise = ordersSetTo(values, ANON_MADVISE);
    int inherit = ordersSetTo(values, ANON_INHERIT);
    return new ThpKnobs(
        enabled,
        DefragMode.valueOf(constantOf(DEFRAG, values)),
        values[USE_ZERO_PAGE] != 0,
        values[SHRINK_UNDERUSED] != 0,
        always,
        madvise,
        inherit,
        always | (enabled == GlobalMode.ALWAYS ? inherit : 0),
        always | madvise | (enabled == GlobalMode.NEVER ? 0 : inherit),
        shmemPmd(values),
        values[ANON_BESIDE_FULL] != 0,
        khugepaged(values));
  }

  /**
   * The enum constant for the word that a file is set to: {@code defer+madvise} is DEFER_MADVISE.
   */
  private static String constantOf(int place, long[] values) {
    String word = KNOBS.get(place).words().get((int) values[place]);
    return word.toUpperCase(Locale.ROOT).replace('+', '_');
  }

  private static int ordersSetTo(long[] values, int mode) {
    int orders = 0;
    for (int order = SMALLEST_ANON_ORDER; order <= PMD_ORDER; order++) {
      orders |= values[anonSize(order)] == mode ? 1 << order : 0;
    }
    return orders;
  }

  private static boolean shmemPmd(long[] values) {
    long size = values[shmemSize(PMD_ORDER)];
    long all = values[SHMEM_ENABLED];
    if (all == SHMEM_DENY || size == SHMEM_SIZE_NEVER) {
      return false;
    }
    return size != SHMEM_SIZE_INHERIT || all != SHMEM_NEVER;
  }

  private static KhugepagedKnobs khugepaged(long[] values) {
    return new KhugepagedKnobs(
        values[KHUGEPAGED_DEFRAG] != 0,
        (int) values[MAX_PTES_NONE],
        (int) values[MAX_PTES_SWAP],
        (int) values[MAX_PTES_SHARED],
        values[PAGES_TO_SCAN],
        values[SCAN_SLEEP],
        values[ALLOC_SLEEP]);
  }

  /**
   * Refuses values that do not go together: shmem's {@code force} is for 2 MiB pages alone, so no
   * other size may inherit it.
   *
   * @throws MemoryException EINVAL
   */
  static void check(long[] values) {
    if (values[SHMEM_ENABLED] != SHMEM_FORCE) {
      return;
    }
    for (int order = SMALLEST_SHMEM_ORDER; order <= PMD_ORDER; order++) {
      boolean inherits = values[shmemSize(order)] == SHMEM_SIZE_INHERIT;
      if (inherits && order != PMD_ORDER) {
        throw new MemoryException(Errno.EINVAL);
      }
    }
  }
}
