package dev.elephantfolio.concurrency.jcstress.sound;

import dev.elephantfolio.concurrency.jcstress.Areas;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.mm.VmaLookup;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/**
 * An area that was looked up without mmap_lock and locked by itself does not change, though another
 * thread cuts it in half.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "being changed: mmap_lock is asked then")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "after the cut")
@Outcome(id = "2, 2", expect = Expect.ACCEPTABLE, desc = "before the cut")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "it changed under the lock")
@State
public class LockedVmaStandsStill {
  private static final Areas AREAS = new Areas();

  private final long address = AREAS.map();

  @Actor
  public void cut() {
    AREAS.cut(address);
  }

  /** A fault. */
  @Actor
  public void lookTwice(JJ_Result result) {
    Vma vma = VmaLookup.lockWithoutMmapLock(AREAS.mm(), address);
    if (vma != null) {
      result.r1 = vma.pages();
      Areas.pause();
      result.r2 = vma.pages();
      vma.readUnlock();
    }
  }

  @Arbiter
  public void clean() {
    AREAS.unmap(address);
  }
}
