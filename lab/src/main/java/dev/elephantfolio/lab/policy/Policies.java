package dev.elephantfolio.lab.policy;

import dev.elephantfolio.engine.thp.NearestName;
import dev.elephantfolio.lab.LabException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The policies that everyone asks about. */
public final class Policies {
  private static final String ENABLED = "transparent_hugepage/enabled";
  private static final String MAX_PTES_NONE = "transparent_hugepage/khugepaged/max_ptes_none";
  private static final String SIZE_16K = "transparent_hugepage/hugepages-16kB/enabled";
  private static final String SIZE_64K = "transparent_hugepage/hugepages-64kB/enabled";
  private static final String SIZE_2M = "transparent_hugepage/hugepages-2048kB/enabled";

  private static final List<Policy> BUILT_IN =
      List.of(
          policy("never", ENABLED, "never"),
          policy("madvise", ENABLED, "madvise"),
          policy("always", ENABLED, "always"),
          policy("always-none=0", ENABLED, "always", MAX_PTES_NONE, "0"),
          policy("mthp-64K", ENABLED, "never", SIZE_64K, "always"),
          policy(
              "mthp-16K+64K+2M",
              ENABLED,
              "never",
              SIZE_16K,
              "always",
              SIZE_64K,
              "always",
              SIZE_2M,
              "always"));

  private Policies() {}

  private static Policy policy(String name, String... keysAndValues) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      settings.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return new Policy(name, settings);
  }

  /** No huge pages at all: what memory is compared with. */
  public static Policy never() {
    return BUILT_IN.getFirst();
  }

  /** All of them, the usual ones first. */
  public static List<Policy> builtIn() {
    return BUILT_IN;
  }

  /**
   * Those with the names, in the names' order.
   *
   * @param known what there is to choose from
   * @throws LabException for a name that none has, telling the nearest one
   */
  public static List<Policy> named(List<String> names, List<Policy> known) {
    List<Policy> chosen = new ArrayList<>();
    for (String name : names) {
      chosen.add(named(name, known));
    }
    return chosen;
  }

  private static Policy named(String name, List<Policy> known) {
    for (Policy policy : known) {
      if (policy.name().equals(name)) {
        return policy;
      }
    }
    List<String> names = known.stream().map(Policy::name).toList();
    throw new LabException(
        "no policy '"
            + name
            + "'; "
            + NearestName.of(name, names)
                .map(near -> "did you mean '" + near + "'?")
                .orElse("there are " + names.stream().collect(Collectors.joining(", "))));
  }
}
