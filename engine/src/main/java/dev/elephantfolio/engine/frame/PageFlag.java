package dev.elephantfolio.engine.frame;

/** The flags that each page of a folio has of its own. */
public final class PageFlag {
  /** The page belongs to one address space alone and may be made writable without a copy. */
  public static final int ANON_EXCLUSIVE = FolioFlags.PAGE_ANON_EXCLUSIVE;

  private PageFlag() {}
}
