package dev.elephantfolio.concurrency.jcstress.broken;

import dev.elephantfolio.concurrency.jcstress.Areas;
import dev.elephantfolio.engine.mm.Vma;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** An area that is looked at without its lock: it changes between two looks. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "being changed")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "after the cut")
@Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "before the cut")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "it changed between two looks")
@State
public class LooksWithoutVmaLock {
  private static final Areas AREAS = new Areas();

  private final long address = AREAS.map();

  @Actor
  public void cut() {
    AREAS.cut(address);
  }

  @Actor
  public void lookTwice(JJ_Result result) {
    Vma vma = AREAS.mm().vmas().at(address);
    if (vma != null) {
      result.r1 = vma.pages();
      Areas.pause();
      result.r2 = vma.pages();
    }
  }

  @Arbiter
  public void clean() {
    AREAS.unmap(address);
  }
}
