package dev.elephantfolio.engine.tlb;

import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.SpinWait;
import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What makes a TLB flush mean something here: an access uses its translation between {@link #enter}
 * and {@link #exit}, and {@link #flush} returns only when every access that may have seen an older
 * entry is over.
 *
 * <p>That is the promise of the kernel's shoot-down interrupts: after it, no processor reads or
 * writes a frame through an entry that was changed before. An access takes no lock and must not
 * wait for anything in between. Any number of threads may share a processor's slot.
 */
public final class TranslationGate implements SyncPlace {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(int[].class);

  /** Ints of two cache lines. */
  private static final int STRIDE = 32;

  private final long syncId = SyncPoints.newId();
  private final int[] using;

  public TranslationGate(Cpus cpus) {
    using = new int[(cpus.count() + 1) * STRIDE];
  }

  /** Begins an access on processor {@code cpu}. */
  public void enter(int cpu) {
    SyncPoints.reach(SyncPoint.STORE, this, cpu);
    int before = (int) SLOT.getAndAdd(using, (cpu + 1) * STRIDE, 1);
    SyncPoints.changed(this, cpu, before, before + 1);
  }

  /** Ends the access. */
  public void exit(int cpu) {
    SyncPoints.reach(SyncPoint.STORE, this, cpu);
    int before = (int) SLOT.getAndAddRelease(using, (cpu + 1) * STRIDE, -1);
    SyncPoints.changed(this, cpu, before, before - 1);
  }

  /** Waits until every access that began before this call is over. */
  public void flush() {
    VarHandle.fullFence();
    for (int at = STRIDE; at < using.length; at += STRIDE) {
      SyncPoints.reach(SyncPoint.LOAD, this, at / STRIDE - 1);
      if (!isIdle(at)) {
        int slot = at;
        SpinWait.until(this, () -> isIdle(slot));
      }
    }
  }

  private boolean isIdle(int slot) {
    return (int) SLOT.getAcquire(using, slot) == 0;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long cpu) {
    return "accesses under way on processor " + cpu;
  }

  @Override
  public String toString() {
    return "the TLB flush";
  }
}
