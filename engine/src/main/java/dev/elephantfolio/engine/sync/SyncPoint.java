package dev.elephantfolio.engine.sync;

/** What a thread is about to do where another may come between. */
public enum SyncPoint {
  LOCK("take"),
  TRY_LOCK("try to take"),
  UNLOCK("release"),
  GET("get"),
  TRY_GET("try_get"),
  PUT("put"),
  FREEZE("freeze"),
  UNFREEZE("unfreeze"),
  PIN("change"),
  MAPCOUNT("change"),
  FLAG("change"),
  PTE_STORE("set"),
  PTE_LOAD("read", true),
  CONTENTS_STORE("write"),
  CONTENTS_LOAD("read", true),
  STORE("change"),
  LOAD("read", true),
  OTHER("go on");

  private final String verb;
  private final boolean read;

  SyncPoint(String verb) {
    this(verb, false);
  }

  SyncPoint(String verb, boolean read) {
    this.verb = verb;
    this.read = read;
  }

  /** What it does, as the beginning of a sentence about a place. */
  public String verb() {
    return verb;
  }

  /** Whether it only looks: two of these may change places without anyone noticing. */
  public boolean isRead() {
    return read;
  }
}
