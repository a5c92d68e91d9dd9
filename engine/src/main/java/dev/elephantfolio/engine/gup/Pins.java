package dev.elephantfolio.engine.gup;

import dev.elephantfolio.engine.sync.Cpus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All pages of a machine that are held by get_user_pages, so that a check of the machine can tell
 * these references from lost ones.
 *
 * <p>A list for each processor, linked through its members, so that a pin costs neither an
 * allocation nor a line of memory that other processors write to. A list changes under the monitor
 * of its stripe, inside of which nothing waits.
 */
public final class Pins {
  /** What keeps neighbouring stripes on cache lines of their own. */
  private static class Padding {
    @SuppressWarnings("unused")
    long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15;
  }

  /** One processor's list. */
  private static final class Stripe extends Padding {
    /** The newest; guarded by this stripe's monitor, as are the links of all members. */
    @Nullable PinnedPages first;

    synchronized void add(PinnedPages pages) {
      PinnedPages old = first;
      pages.next = old;
      if (old != null) {
        old.previous = pages;
      }
      first = pages;
    }

    synchronized void remove(PinnedPages pages) {
      PinnedPages before = pages.previous;
      PinnedPages after = pages.next;
      if (before == null) {
        first = after;
      } else {
        before.next = after;
      }
      if (after != null) {
        after.previous = before;
      }
    }

    synchronized void addAllTo(List<PinnedPages> all) {
      for (PinnedPages at = first; at != null; at = at.next) {
        all.add(at);
      }
    }
  }

  private final Cpus cpus;
  private final Stripe[] stripes;

  public Pins(Cpus cpus) {
    this.cpus = cpus;
    this.stripes = new Stripe[cpus.count()];
    for (int i = 0; i < stripes.length; i++) {
      stripes[i] = new Stripe();
    }
  }

  /** Remembers {@code pages}; gives the number of the list it is on. */
  int add(PinnedPages pages) {
    int cpu = cpus.current();
    stripes[cpu].add(pages);
    return cpu;
  }

  void remove(PinnedPages pages, int stripe) {
    stripes[stripe].remove(pages);
  }

  /** All that is held now. */
  public List<PinnedPages> all() {
    List<PinnedPages> all = new ArrayList<>();
    for (Stripe stripe : stripes) {
      stripe.addAllTo(all);
    }
    return all;
  }
}
