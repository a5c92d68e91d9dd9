package dev.elephantfolio.engine.mm;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The pages of an address space that are pinned for long and accounted for it: VmPin. Any thread
 * may count.
 */
public final class PinnedVm {
  private final AtomicLong pages = new AtomicLong();

  PinnedVm() {}

  public long pages() {
    return pages.get();
  }

  /** Counts pages in, unless there would be more than {@code limitBytes}: false then. */
  public boolean tryAdd(long morePages, long limitBytes) {
    long now = pages.addAndGet(morePages);
    if (now <= Addresses.pages(limitBytes)) {
      return true;
    }
    pages.addAndGet(-morePages);
    return false;
  }

  public void remove(long fewerPages) {
    pages.addAndGet(-fewerPages);
  }
}
