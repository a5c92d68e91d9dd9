package dev.elephantfolio.concurrency.jcstress.broken;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** An unmapping without a flush: the frame is used after it was given away. */
@JCStressTest
@Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "the access came first")
@Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "the entry was gone")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "a frame was used after it was given away")
@State
public class FlushWaitsForNobody {
  private volatile int entry = 1;
  private int contents;

  @Actor
  public void unmap() {
    entry = 0;
    contents = 1;
  }

  @Actor
  public void access(I_Result result) {
    result.r1 = entry == 1 ? contents : -1;
  }
}
