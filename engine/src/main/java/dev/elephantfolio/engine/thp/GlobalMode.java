package dev.elephantfolio.engine.thp;

/** {@code transparent_hugepage/enabled}: where huge pages are wanted, for sizes that inherit. */
public enum GlobalMode {
  ALWAYS,
  MADVISE,
  NEVER
}
