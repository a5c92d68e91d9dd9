package dev.elephantfolio.concurrency.jcstress.sound;

import dev.elephantfolio.concurrency.jcstress.Frames;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Who gets a reference sees all that was done while the folio was frozen, or came before the
 * freeze, which then failed.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "referenced first: not frozen")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "referenced after the unfreeze")
@Outcome(id = "1, -1", expect = Expect.ACCEPTABLE, desc = "no reference to be had while frozen")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "a half-done split is seen")
@State
public class UnfreezePublishes {
  private static final Frames FRAMES = new Frames();

  private final int pfn = FRAMES.pfn(FRAMES.take());

  /** What a split changes, without any order of its own. */
  private int split;

  /** A split. */
  @Actor
  public void split(II_Result result) {
    if (FRAMES.memMap().freezeRef(pfn, 1)) {
      split = 1;
      FRAMES.memMap().unfreezeRef(pfn, 1);
      result.r1 = 1;
    }
  }

  /** gup_fast. */
  @Actor
  public void tryGet(II_Result result) {
    result.r2 = FRAMES.memMap().tryGet(pfn) ? split : -1;
  }
}
