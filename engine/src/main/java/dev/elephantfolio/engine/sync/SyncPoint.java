package dev.elephantfolio.engine.sync;

/** What a thread is about to do, or has just done, where another may come between. */
public enum SyncPoint {
  LOCK,
  UNLOCK,
  REFCOUNT,
  MAPCOUNT,
  PTE_STORE,
  PTE_LOAD,
  OTHER
}
