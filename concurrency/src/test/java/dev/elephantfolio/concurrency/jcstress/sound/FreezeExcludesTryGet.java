package dev.elephantfolio.concurrency.jcstress.sound;

import dev.elephantfolio.concurrency.jcstress.Frames;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Of a freeze and a try-get one comes first and keeps the other out. */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "frozen first")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "referenced first")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "both or none")
@State
public class FreezeExcludesTryGet {
  private static final Frames FRAMES = new Frames();

  private final int pfn = FRAMES.pfn(FRAMES.take());

  /** A split. */
  @Actor
  public void freeze(ZZ_Result result) {
    result.r1 = FRAMES.memMap().freezeRef(pfn, 1);
  }

  /** gup_fast. */
  @Actor
  public void tryGet(ZZ_Result result) {
    result.r2 = FRAMES.memMap().tryGet(pfn);
  }
}
