package dev.elephantfolio.concurrency.jcstress.broken;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A frozen count that is stored and loaded plainly: a half-done split may be seen. */
@JCStressTest
@Outcome(id = "0, -1", expect = Expect.ACCEPTABLE, desc = "frozen")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "unfrozen, with all that was done")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "a half-done split is seen")
@State
public class UnfreezesByPlainStore {
  private int references;
  private int split;

  @Actor
  public void splitAndUnfreeze() {
    split = 1;
    references = 1;
  }

  @Actor
  public void look(II_Result result) {
    int found = references;
    int seen = split;
    result.r1 = found;
    result.r2 = found == 1 ? seen : -1;
  }
}
