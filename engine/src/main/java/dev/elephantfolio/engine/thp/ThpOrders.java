package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Addresses;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;

/**
 * Chooses: which folio sizes a place may have, and how hard to try for one.
 *
 * <p>Sizes are bit masks of orders: bit 2 is 16 KiB, bit 9 is 2 MiB. Any thread may ask; the caller
 * keeps the VMA from changing. Where no size is enabled the answer costs one load of the settings
 * and one of the VMA's flags.
 *
 * <p>Files are mapped by small pages only, so a file's area may have no size at all.
 *
 * <p>Behaviour: thp_vma_allowable_orders, thp_vma_suitable_orders, vma_thp_disabled and
 * vma_thp_gfp_mask of 6.18.
 */
public final class ThpOrders {
  public static final int PMD_ORDER = 9;
  public static final int PMD_BIT = 1 << PMD_ORDER;

  /** Orders that anonymous folios can have: 2 to 9. Order 1 has no room for the deferred links. */
  public static final int ALL_ANON = ((1 << (PMD_ORDER + 1)) - 1) & ~3;

  private static final long NO_COLLAPSE = VmFlags.SPECIAL | VmFlags.HUGETLB;

  private final ThpSettings settings;

  public ThpOrders(ThpSettings settings) {
    this.settings = settings;
  }

  /** The orders that {@code vma}, taken with {@code vmFlags} instead of its own, may have. */
  public int allowable(Vma vma, long vmFlags, Purpose purpose) {
    int orders =
        purpose == Purpose.FORCED_COLLAPSE
            ? ALL_ANON
            : settings.knobs().orders(VmFlags.has(vmFlags, VmFlags.HUGEPAGE));
    if (orders == 0 || !vma.isAnonymous() || isDisabled(vma.mm(), vmFlags, purpose)) {
      return 0;
    }
    return switch (purpose) {
      case PAGEFAULT -> vma.isTemporaryStack() ? 0 : orders;
      case SMAPS -> vma.isTemporaryStack() ? 0 : fitting(vma, orders);
      case KHUGEPAGED, FORCED_COLLAPSE -> collapsible(vma, vmFlags, orders);
    };
  }

  /** As {@link #allowable(Vma, long, Purpose)} with the area's own flags. */
  public int allowable(Vma vma, Purpose purpose) {
    return allowable(vma, vma.flags(), purpose);
  }

  /** Whether {@code vma}, taken with {@code vmFlags}, may have 2 MiB pages. */
  public boolean allowsPmd(Vma vma, long vmFlags, Purpose purpose) {
    return (allowable(vma, vmFlags, purpose) & PMD_BIT) != 0;
  }

  private static boolean isDisabled(AddressSpace mm, long vmFlags, Purpose purpose) {
    if (VmFlags.has(vmFlags, VmFlags.NOHUGEPAGE) || mm.hasFlag(MmFlags.DISABLE_THP_COMPLETELY)) {
      return true;
    }
    boolean asked = VmFlags.has(vmFlags, VmFlags.HUGEPAGE) || purpose == Purpose.FORCED_COLLAPSE;
    return !asked && mm.hasFlag(MmFlags.DISABLE_THP_EXCEPT_ADVISED);
  }

  private static int collapsible(Vma vma, long vmFlags, int orders) {
    boolean never =
        VmFlags.has(vmFlags, NO_COLLAPSE) || vma.isTemporaryStack() || vma.anonVma() == null;
    return never ? 0 : fitting(vma, orders);
  }

  /** Drops the orders of which the end of the area has no aligned block. */
  private static int fitting(Vma vma, int orders) {
    int left = orders;
    while (left != 0) {
      int order = highest(left);
      if (isSuitable(vma, vma.end() - (Addresses.PAGE_SIZE << order), order)) {
        return left;
      }
      left &= ~(1 << order);
    }
    return 0;
  }

  /** Those of {@code orders} whose aligned block around {@code address} lies within the area. */
  public int suitable(Vma vma, long address, int orders) {
    int left = orders;
    while (left != 0 && !isSuitable(vma, address, highest(left))) {
      left &= ~(1 << highest(left));
    }
    return left;
  }

  /** Whether the aligned block of {@code order} around {@code address} lies within the area. */
  public static boolean isSuitable(Vma vma, long address, int order) {
    long size = Addresses.PAGE_SIZE << order;
    long block = Addresses.roundDown(address, size);
    return block >= vma.start() && block + size <= vma.end();
  }

  /** The largest order of a mask that is not 0. */
  public static int highest(int orders) {
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(orders);
  }

  /** How hard a fault in {@code vma} tries for a large folio: {@link GfpFlags}. */
  public int gfp(Vma vma) {
    boolean advised = vma.has(VmFlags.HUGEPAGE);
    return switch (settings.knobs().defrag()) {
      case ALWAYS -> GfpFlags.TRANSHUGE | (advised ? 0 : GfpFlags.NORETRY);
      case DEFER -> GfpFlags.TRANSHUGE_LIGHT | GfpFlags.KSWAPD_RECLAIM;
      case DEFER_MADVISE ->
          GfpFlags.TRANSHUGE_LIGHT | (advised ? GfpFlags.DIRECT_RECLAIM : GfpFlags.KSWAPD_RECLAIM);
      case MADVISE -> GfpFlags.TRANSHUGE_LIGHT | (advised ? GfpFlags.DIRECT_RECLAIM : 0);
      case NEVER -> GfpFlags.TRANSHUGE_LIGHT;
    };
  }

  /** How hard a collapse tries: {@code khugepaged/defrag} speaks only to khugepaged. */
  public int collapseGfp(Purpose purpose) {
    boolean direct = purpose == Purpose.FORCED_COLLAPSE || settings.knobs().khugepaged().defrag();
    return direct ? GfpFlags.TRANSHUGE : GfpFlags.TRANSHUGE_LIGHT;
  }

  /** Whether read faults may map the huge zero folio. */
  public boolean zeroPageAllowed() {
    return settings.knobs().useZeroPage();
  }
}
