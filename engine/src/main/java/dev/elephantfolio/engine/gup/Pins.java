package dev.elephantfolio.engine.gup;

import dev.elephantfolio.engine.sync.Cpus;

/**
 * All pages of a machine that are held by get_user_pages, so that a check of the machine can tell
 * these references from lost ones.
 *
 * <p>A {@link PinStripe} for each processor, so that a pin writes to no line of memory that other
 * processors write to. A stripe changes under its lock, inside of which nothing waits.
 */
public final class Pins {
  private final Cpus cpus;
  private final PinStripe[] stripes;

  public Pins(Cpus cpus) {
    this.cpus = cpus;
    this.stripes = new PinStripe[cpus.count()];
    for (int i = 0; i < stripes.length; i++) {
      stripes[i] = new PinStripe();
    }
  }

  /** The stripe of the processor that runs this thread, to remember holds in. */
  PinStripe current() {
    return stripes[cpus.current()];
  }

  /** Told of a hold. */
  public interface Visitor {
    /**
     * {@code holds} holds of the folio that {@code page} is in.
     *
     * @param pinned whether they are pins, not plain references
     */
    void visit(int page, int holds, boolean pinned);
  }

  /** Visits all that is held now; for checks, on a machine at rest. */
  public void forEachHold(Visitor visitor) {
    for (PinStripe stripe : stripes) {
      stripe.forEachHold(visitor);
    }
  }
}
