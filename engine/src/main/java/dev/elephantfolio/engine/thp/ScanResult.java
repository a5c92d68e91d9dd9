package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Errno;
import java.util.Locale;

/**
 * What came of an attempt to collapse one 2 MiB place: the kernel's {@code SCAN_…} statuses of
 * 6.18, by its names and in its order.
 *
 * <p>Those marked <i>file</i> are for page cache, those marked <i>node</i> for machines of several
 * memory nodes; they stand here so that every status of a trace has a name.
 */
public enum ScanResult {
  /** Something else went wrong: a page could not be brought back, a table went away. */
  FAIL("failed"),
  SUCCEED("succeeded"),
  /** No table of the PMD level covers the place. */
  PMD_NULL("pmd_null"),
  /** Nothing was ever mapped there, or what was is gone with its table. */
  PMD_NONE("pmd_none"),
  /** It is huge already. */
  PMD_MAPPED("page_pmd_mapped"),
  /** More than {@code max_ptes_none} entries are none or the zero page. */
  EXCEED_NONE_PTE("exceed_none_pte"),
  /** More than {@code max_ptes_swap} entries are not present though something is behind them. */
  EXCEED_SWAP_PTE("exceed_swap_pte"),
  /** More than {@code max_ptes_shared} entries map pages that others may map too. */
  EXCEED_SHARED_PTE("exceed_shared_pte"),
  /** An entry that is not present after all was brought in. */
  PTE_NON_PRESENT("pte_non_present"),
  /** An entry that userfaultfd watches for writes. */
  PTE_UFFD_WP("pte_uffd_wp"),
  /** File: one huge page already, mapped by small entries. */
  PTE_MAPPED_HUGEPAGE("pte_mapped_hugepage"),
  /** khugepaged found too few pages in use. */
  LACK_REFERENCED_PAGE("lack_referenced_page"),
  /** An entry without a folio of memory behind it. */
  PAGE_NULL("page_null"),
  /** Node: the pages lie too far apart. */
  SCAN_ABORT("scan_aborted"),
  /** Somebody else holds a reference, such as a pin. */
  PAGE_COUNT("not_suitable_page_count"),
  /** A page is on no LRU list now. */
  PAGE_LRU("page_not_in_lru"),
  /** A page is locked now. */
  PAGE_LOCK("page_locked"),
  /** Not anonymous memory, or no longer. */
  PAGE_ANON("page_not_anon"),
  /** File: a compound page of the wrong size. */
  PAGE_COMPOUND("page_compound"),
  /** The process is ending, or huge pages were switched off for it. */
  ANY_PROCESS("no_process_for_page"),
  /** The area is gone. */
  VMA_NULL("vma_null"),
  /** The area may not have huge pages. */
  VMA_CHECK("vma_check_failed"),
  /** The area no longer covers the whole place. */
  ADDRESS_RANGE("not_suitable_address_range"),
  /** A page could not be taken off its LRU list. */
  DEL_PAGE_LRU("could_not_delete_page_from_lru"),
  /** No huge page could be had. */
  ALLOC_HUGE_PAGE_FAIL("alloc_huge_page_failed"),
  /** The memory cgroup is full. */
  CGROUP_CHARGE_FAIL("ccgroup_charge_failed"),
  /** File: cut short meanwhile. */
  TRUNCATED("truncated"),
  /** File: a page with private data of its file system. */
  PAGE_HAS_PRIVATE("page_has_private"),
  /** File: no room in the page cache's tree. */
  STORE_FAILED("store_failed"),
  /** A page could not be copied because its memory is broken. */
  COPY_MC("copy_poisoned_page"),
  /** File: pages came into holes meanwhile. */
  PAGE_FILLED("page_filled");

  private final String traceName;

  ScanResult(String traceName) {
    this.traceName = traceName;
  }

  /** The name in the kernel's source: {@code SCAN_EXCEED_NONE_PTE}. */
  public String kernelName() {
    return this == SCAN_ABORT ? "SCAN_SCAN_ABORT" : "SCAN_" + name().toUpperCase(Locale.ROOT);
  }

  /** The name that the huge_memory trace points print. */
  public String traceName() {
    return traceName;
  }

  /** What MADV_COLLAPSE gives when this was the last failure. */
  Errno madviseErrno() {
    return switch (this) {
      case ALLOC_HUGE_PAGE_FAIL -> Errno.ENOMEM;
      case CGROUP_CHARGE_FAIL, EXCEED_NONE_PTE -> Errno.EBUSY;
      case PAGE_COUNT, PAGE_LOCK, PAGE_LRU, DEL_PAGE_LRU, PAGE_FILLED -> Errno.EAGAIN;
      default -> Errno.EINVAL;
    };
  }

  /** Whether MADV_COLLAPSE goes on with the next place after this failure. */
  boolean madviseGoesOn() {
    return switch (this) {
      case PMD_NULL,
          PTE_NON_PRESENT,
          PTE_UFFD_WP,
          LACK_REFERENCED_PAGE,
          PAGE_NULL,
          PAGE_COUNT,
          PAGE_LOCK,
          PAGE_COMPOUND,
          PAGE_LRU,
          DEL_PAGE_LRU ->
          true;
      default -> false;
    };
  }
}
