package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.mm.Madvise;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An advice of madvise, by its number: a scenario may give one that no kernel knows.
 *
 * @param number the MADV_ number
 */
public record Advice(int number) {
  private static final Map<String, Integer> NAMES = names();

  private static Map<String, Integer> names() {
    Map<String, Integer> names = new LinkedHashMap<>();
    names.put("normal", Madvise.NORMAL);
    names.put("random", Madvise.RANDOM);
    names.put("sequential", Madvise.SEQUENTIAL);
    names.put("willneed", Madvise.WILLNEED);
    names.put("dontneed", Madvise.DONTNEED);
    names.put("free", Madvise.FREE);
    names.put("remove", Madvise.REMOVE);
    names.put("dontfork", Madvise.DONTFORK);
    names.put("dofork", Madvise.DOFORK);
    names.put("mergeable", Madvise.MERGEABLE);
    names.put("unmergeable", Madvise.UNMERGEABLE);
    names.put("hugepage", Madvise.HUGEPAGE);
    names.put("nohugepage", Madvise.NOHUGEPAGE);
    names.put("dontdump", Madvise.DONTDUMP);
    names.put("dodump", Madvise.DODUMP);
    names.put("wipeonfork", Madvise.WIPEONFORK);
    names.put("keeponfork", Madvise.KEEPONFORK);
    names.put("cold", Madvise.COLD);
    names.put("pageout", Madvise.PAGEOUT);
    names.put("populate_read", Madvise.POPULATE_READ);
    names.put("populate_write", Madvise.POPULATE_WRITE);
    names.put("dontneed_locked", Madvise.DONTNEED_LOCKED);
    names.put("collapse", Madvise.COLLAPSE);
    names.put("guard_install", Madvise.GUARD_INSTALL);
    names.put("guard_remove", Madvise.GUARD_REMOVE);
    return names;
  }

  /** The kernel's name in lower case, without its MADV_. */
  public static Optional<Advice> named(String name) {
    return Optional.ofNullable(NAMES.get(name)).map(Advice::new);
  }

  /** Every name. */
  public static Set<String> allNames() {
    return NAMES.keySet();
  }

  /** As it is written: the name, or the number of one without. */
  public String word() {
    for (Map.Entry<String, Integer> named : NAMES.entrySet()) {
      if (named.getValue() == number) {
        return named.getKey();
      }
    }
    return Integer.toString(number);
  }
}
