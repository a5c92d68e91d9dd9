package dev.elephantfolio.concurrency.jcstress.broken;

import dev.elephantfolio.concurrency.jcstress.Frames;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.Pte;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** A fault that maps the page first and clears it then. */
@JCStressTest
@Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "mapped and clear")
@Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "not mapped yet")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "somebody else's data")
@State
public class PublishesBeforeContents {
  private static final Frames FRAMES = new Frames();
  private static final Contents CONTENTS = Contents.tags(FRAMES.memMap());

  private final int number = FRAMES.take();
  private final int pfn = FRAMES.pfn(number);
  private final long address = Frames.address(number);

  public PublishesBeforeContents() {
    CONTENTS.writeLong(pfn, 0, 7);
    PageTableCursor cursor = new PageTableCursor(FRAMES.tables());
    boolean _ = cursor.ensurePteTable(address);
  }

  @Actor
  public void map() {
    PageTableCursor cursor = new PageTableCursor(FRAMES.tables());
    if (cursor.lockPte(address)) {
      cursor.set(Pte.present(pfn, Pte.WRITABLE));
      CONTENTS.clear(pfn, 1);
      cursor.unlock();
    }
  }

  @Actor
  public void read(J_Result result) {
    long entry = FRAMES.tables().load(address);
    result.r1 = Pte.isPresent(entry) ? CONTENTS.readLong(Pte.pfn(entry), 0) : -1;
  }

  /** Leaves the place as it was. */
  @Arbiter
  public void clean() {
    PageTableCursor cursor = new PageTableCursor(FRAMES.tables());
    if (cursor.lockPte(address)) {
      long _ = cursor.getAndClear();
      cursor.unlock();
    }
  }
}
