package dev.elephantfolio.conformance.compare;

import dev.elephantfolio.engine.stat.KernelPages;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/** The bits of kpageflags in words. */
public final class FrameFlagNames {
  private static final Map<Long, String> NAMES = names();

  private FrameFlagNames() {}

  private static Map<Long, String> names() {
    Map<Long, String> names = new LinkedHashMap<>();
    names.put(KernelPages.LOCKED, "locked");
    names.put(KernelPages.REFERENCED, "referenced");
    names.put(KernelPages.UPTODATE, "uptodate");
    names.put(KernelPages.DIRTY, "dirty");
    names.put(KernelPages.LRU, "lru");
    names.put(KernelPages.ACTIVE, "active");
    names.put(KernelPages.MMAP, "mmap");
    names.put(KernelPages.ANON, "anon");
    names.put(KernelPages.SWAPCACHE, "swapcache");
    names.put(KernelPages.SWAPBACKED, "swapbacked");
    names.put(KernelPages.COMPOUND_HEAD, "head");
    names.put(KernelPages.COMPOUND_TAIL, "tail");
    names.put(KernelPages.HUGE, "huge");
    names.put(KernelPages.UNEVICTABLE, "unevictable");
    names.put(KernelPages.NOPAGE, "nopage");
    names.put(KernelPages.KSM, "ksm");
    names.put(KernelPages.THP, "thp");
    names.put(KernelPages.ZERO_PAGE, "zero");
    names.put(KernelPages.MLOCKED, "mlocked");
    return names;
  }

  /** Such as {@code anon,swapbacked}; a bit without a name by its number. */
  public static String print(long flags) {
    StringJoiner words = new StringJoiner(",");
    for (long left = flags; left != 0; left &= left - 1) {
      long bit = Long.lowestOneBit(left);
      words.add(NAMES.getOrDefault(bit, "bit" + Long.numberOfTrailingZeros(bit)));
    }
    return words.toString();
  }
}
