package dev.elephantfolio.concurrency.jcstress.sound;

import dev.elephantfolio.concurrency.jcstress.Frames;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.Pte;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/**
 * Flags and mapcount of a new page are written plainly, since nobody knows it yet; who finds it
 * through the page table sees both.
 */
@JCStressTest
@Outcome(id = "false, -1", expect = Expect.ACCEPTABLE, desc = "not mapped yet")
@Outcome(id = "true, 1", expect = Expect.ACCEPTABLE, desc = "mapped, with all that belongs to it")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "a page is found before it is ready")
@State
public class EntryPublishesCounts {
  private static final Frames FRAMES = new Frames();

  private final int number = FRAMES.take();
  private final int pfn = FRAMES.pfn(number);
  private final long address = Frames.address(number);

  public EntryPublishesCounts() {
    PageTableCursor cursor = new PageTableCursor(FRAMES.tables());
    boolean _ = cursor.ensurePteTable(address);
  }

  /** A fault. */
  @Actor
  public void map() {
    MemMap memMap = FRAMES.memMap();
    memMap.setFlagUnshared(pfn, FolioFlags.ANON);
    memMap.setMapCountUnshared(pfn, 1);
    PageTableCursor cursor = new PageTableCursor(FRAMES.tables());
    if (cursor.lockPte(address)) {
      cursor.set(Pte.present(pfn, Pte.WRITABLE));
      cursor.unlock();
    }
  }

  /** A walk without a lock. */
  @Actor
  public void find(ZI_Result result) {
    result.r2 = -1;
    long entry = FRAMES.tables().load(address);
    if (Pte.isPresent(entry)) {
      int found = Pte.pfn(entry);
      result.r1 = FRAMES.memMap().testFlag(found, FolioFlags.ANON);
      result.r2 = FRAMES.memMap().mapCount(found);
    }
  }

  /** Leaves the place as it was. */
  @Arbiter
  public void clean() {
    PageTableCursor cursor = new PageTableCursor(FRAMES.tables());
    if (cursor.lockPte(address)) {
      long _ = cursor.getAndClear();
      cursor.unlock();
    }
    FRAMES.memMap().clearFlag(pfn, FolioFlags.ANON);
    FRAMES.memMap().setMapCountUnshared(pfn, 0);
  }
}
