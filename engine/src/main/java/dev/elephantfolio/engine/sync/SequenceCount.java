package dev.elephantfolio.engine.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Tells readers without a lock whether a writer was at work meanwhile: odd while one is. Writers
 * exclude each other by a lock of their own.
 *
 * <pre>
 *  reader                         | writer
 *  -------------------------------+-------------
 *  s = read(); isWriting(s)? wait |
 *  look, and mark what was seen   | beginWrite()
 *  changedSince(s)? undo          | look for marks, change
 *                                 | endWrite()
 * </pre>
 *
 * Full barriers stand on both sides, so that a reader who marks something and a writer who looks
 * for marks cannot miss each other.
 */
public final class SequenceCount implements SyncPlace {
  private static final VarHandle SEQUENCE;

  static {
    try {
      SEQUENCE = MethodHandles.lookup().findVarHandle(SequenceCount.class, "sequence", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final long syncId = SyncPoints.newId();
  private volatile int sequence;

  public void beginWrite() {
    add();
  }

  public void endWrite() {
    add();
  }

  private void add() {
    SyncPoints.reach(SyncPoint.STORE, this, 0);
    int before = (int) SEQUENCE.getAndAdd(this, 1);
    SyncPoints.changed(this, 0, before, before + 1);
    VarHandle.fullFence();
  }

  /** The number to give to the other questions. */
  public int read() {
    SyncPoints.reach(SyncPoint.LOAD, this, 0);
    int now = sequence;
    SyncPoints.read(this, 0, now);
    return now;
  }

  /** Whether a writer was at work when {@code read} was had. */
  public static boolean isWriting(int read) {
    return (read & 1) != 0;
  }

  /** Whether a writer came since {@code read} was had. */
  public boolean changedSince(int read) {
    SyncPoints.reach(SyncPoint.LOAD, this, 0);
    VarHandle.fullFence();
    int now = sequence;
    SyncPoints.read(this, 0, now);
    return now != read;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return "the sequence count";
  }
}
