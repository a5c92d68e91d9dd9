package dev.elephantfolio.lab.scenario;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The fields of {@code /proc/PID/smaps}, in the kernel's order; all but the last are bytes. */
public enum SmapsField {
  SIZE("Size"),
  KERNEL_PAGE_SIZE("KernelPageSize"),
  MMU_PAGE_SIZE("MMUPageSize"),
  RSS("Rss"),
  PSS("Pss"),
  PSS_DIRTY("Pss_Dirty"),
  SHARED_CLEAN("Shared_Clean"),
  SHARED_DIRTY("Shared_Dirty"),
  PRIVATE_CLEAN("Private_Clean"),
  PRIVATE_DIRTY("Private_Dirty"),
  REFERENCED("Referenced"),
  ANONYMOUS("Anonymous"),
  KSM("KSM"),
  LAZY_FREE("LazyFree"),
  ANON_HUGE_PAGES("AnonHugePages"),
  SHMEM_PMD_MAPPED("ShmemPmdMapped"),
  FILE_PMD_MAPPED("FilePmdMapped"),
  SHARED_HUGETLB("Shared_Hugetlb"),
  PRIVATE_HUGETLB("Private_Hugetlb"),
  SWAP("Swap"),
  SWAP_PSS("SwapPss"),
  LOCKED("Locked"),
  /** 1 or 0. */
  THP_ELIGIBLE("THPeligible");

  private static final Map<String, SmapsField> BY_NAME =
      Stream.of(values()).collect(Collectors.toMap(SmapsField::kernelName, Function.identity()));

  private final String kernelName;

  SmapsField(String kernelName) {
    this.kernelName = kernelName;
  }

  /** As smaps writes it. */
  public String kernelName() {
    return kernelName;
  }

  /** The field that smaps writes so. */
  public static Optional<SmapsField> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }
}
