package dev.elephantfolio.engine.fault;

/** How one attempt to resolve a fault ended. */
enum Outcome {
  /** Resolved, or somebody else changed the entry: the access looks again. */
  DONE,
  /** No huge mapping here: go on with small pages. */
  FALLBACK,
  /** Needs mmap_lock instead of the VMA's own lock. */
  RETRY,
  /** The access is not allowed: SIGSEGV. */
  SEGV
}
