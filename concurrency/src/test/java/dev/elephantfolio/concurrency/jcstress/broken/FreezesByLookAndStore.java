package dev.elephantfolio.concurrency.jcstress.broken;

import dev.elephantfolio.concurrency.jcstress.Frames;
import dev.elephantfolio.engine.frame.MemMap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A freeze that looks and stores then: a try-get may come between. */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "frozen first")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "referenced first")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "both or none")
@State
public class FreezesByLookAndStore {
  private static final Frames FRAMES = new Frames();

  private final int pfn = FRAMES.pfn(FRAMES.take());

  @Actor
  public void freeze(ZZ_Result result) {
    MemMap memMap = FRAMES.memMap();
    if (memMap.refCount(pfn) == 1) {
      memMap.unfreezeRef(pfn, 0);
      result.r1 = true;
    }
  }

  @Actor
  public void tryGet(ZZ_Result result) {
    result.r2 = FRAMES.memMap().tryGet(pfn);
  }
}
