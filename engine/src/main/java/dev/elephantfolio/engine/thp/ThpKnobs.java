package dev.elephantfolio.engine.thp;

/**
 * The settings of transparent huge pages at one moment, typed. Immutable, so a hot path loads one
 * reference and then sees settings that belong together.
 *
 * <p>Orders are bit masks: bit 9 is the 2 MiB page.
 *
 * @param ordersAlways sizes set to {@code always}
 * @param ordersMadvise sizes set to {@code madvise}
 * @param ordersInherit sizes set to {@code inherit}
 * @param ordersPlain sizes that anonymous areas may have now, without any advice
 * @param ordersAdvised the same with MADV_HUGEPAGE
 * @param shmemPmd whether shared memory may have 2 MiB pages anywhere
 * @param anonBesideFull whether a fault takes a size below 2 MiB only beside a full block of that
 *     size ({@link FullNeighbour}); a knob that the live 6.18.44 has and mainline has not
 */
public record ThpKnobs(
    GlobalMode enabled,
    DefragMode defrag,
    boolean useZeroPage,
    boolean shrinkUnderused,
    int ordersAlways,
    int ordersMadvise,
    int ordersInherit,
    int ordersPlain,
    int ordersAdvised,
    boolean shmemPmd,
    boolean anonBesideFull,
    KhugepagedKnobs khugepaged) {
  private static final int PMD_BIT = 1 << ThpOrders.PMD_ORDER;

  /** Sizes that an anonymous area may have, with MADV_HUGEPAGE or without. */
  public int orders(boolean advised) {
    return advised ? ordersAdvised : ordersPlain;
  }

  /** Whether there is anything for khugepaged to do on this machine. */
  public boolean pmdEnabled() {
    return (ordersAdvised & PMD_BIT) != 0 || shmemPmd;
  }
}
