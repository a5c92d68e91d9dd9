package dev.elephantfolio.engine.notifier;

/** Why a range of a process's memory is invalidated: the kernel's MMU_NOTIFY events. */
public enum InvalidateEvent {
  /** The addresses go: munmap, or mremap away from there. */
  UNMAP,
  /** Entries are dropped or come to mean other pages; the addresses stay. */
  CLEAR,
  /** All of the range gets the rights that its area now has: mprotect. */
  PROTECTION_VMA,
  /** Single pages lose the right to be written: fork. */
  PROTECTION_PAGE,
  /** Pages are marked as not written since; rights and pages stay. */
  SOFT_DIRTY,
  /** The address space ends; told only to those who subscribed to a range. */
  RELEASE,
  /** Pages go to a device's memory. */
  MIGRATE,
  /** A device gets pages for itself alone. */
  EXCLUSIVE
}
