package dev.elephantfolio.concurrency.jcstress.sound;

import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.tlb.TranslationGate;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * An access that found the old entry is over when the flush returns: it does not see what becomes
 * of the frame then.
 */
@JCStressTest
@Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "the access came first")
@Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "the entry was gone")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "a frame was used after it was given away")
@State
public class FlushWaitsForAccesses {
  private final TranslationGate gate = new TranslationGate(new Cpus(1));
  private volatile int entry = 1;

  /** The frame's contents; without any order of its own. */
  private int contents;

  /** An unmapping; the frame is another's then. */
  @Actor
  public void unmap() {
    entry = 0;
    gate.flush();
    contents = 1;
  }

  @Actor
  public void access(I_Result result) {
    gate.enter(0);
    result.r1 = entry == 1 ? contents : -1;
    gate.exit(0);
  }
}
