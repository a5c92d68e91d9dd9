package dev.elephantfolio.conformance.program;

/**
 * What a program is about. Each flavour makes some deeds more frequent than the balanced mixture
 * has them, so that one corner is visited densely while the others still interact with it.
 */
public enum Flavour {
  BALANCED,
  FORKS(of(Deed.FORK, 14), of(Deed.EXIT, 7), of(Deed.WRITE, 34), of(Deed.DROP, 8)),
  MOVES(of(Deed.REMAP, 34), of(Deed.FORK, 5), of(Deed.COLLAPSE, 5)),
  COLLAPSES(of(Deed.COLLAPSE, 16), of(Deed.KHUGEPAGED, 6), of(Deed.SCENE, 5), of(Deed.FORK, 5)),
  SIZES(of(Deed.WRITE, 40), of(Deed.DROP, 10), of(Deed.SETTING, 9)),
  PROTECTION(of(Deed.PROTECT, 26), of(Deed.GUARD, 10), of(Deed.FORK, 5)),
  LOCKS(of(Deed.LOCK, 22), of(Deed.LOCK_ALL, 4), of(Deed.DROP, 6)),
  SHARED(of(Deed.MAP, 12), of(Deed.FORK, 8), of(Deed.WRITE, 34)),
  EDGES(of(Deed.MAP, 14), of(Deed.UNMAP, 10), of(Deed.HEAP, 12), of(Deed.ADVISE, 14)),
  PINS(of(Deed.HOLD, 30), of(Deed.FORK, 8), of(Deed.WRITE, 34), of(Deed.COLLAPSE, 6)),
  SETTINGS(of(Deed.SETTING, 16), of(Deed.PRCTL, 5), of(Deed.KHUGEPAGED, 5), of(Deed.WRITE, 34));

  /** A deed, and how often it comes. */
  private record Share(Deed deed, int weight) {}

  /** Changed by nobody once it is filled. */
  @SuppressWarnings("ImmutableEnumChecker")
  private final int[] weights = usual();

  Flavour(Share... own) {
    for (Share share : own) {
      weights[share.deed().ordinal()] = share.weight();
    }
  }

  private static Share of(Deed deed, int weight) {
    return new Share(deed, weight);
  }

  private static int[] usual() {
    int[] weights = new int[Deed.values().length];
    for (Deed deed : Deed.values()) {
      weights[deed.ordinal()] = deed.usualWeight();
    }
    return weights;
  }

  /** How often each deed comes, by its ordinal, as shares of their sum. */
  int[] weights() {
    return weights.clone();
  }
}
