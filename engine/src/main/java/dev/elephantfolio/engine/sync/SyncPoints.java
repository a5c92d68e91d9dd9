package dev.elephantfolio.engine.sync;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MutableCallSite;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Where the scheduled thread model takes over.
 *
 * <p>The engine calls {@link #reach} before each step that other threads can see. While no
 * scheduled run is under way anywhere in the JVM, the compiler sees a constant false here and drops
 * the call; the first scheduled run makes it recompile. Threads that belong to no scheduled run
 * pass through.
 *
 * <p>What a step did is told after it, for a search that must know when two schedules have led to
 * the same state. Whoever touches shared state says one of these:
 *
 * <pre>
 *  the state                         | touched by
 *  ----------------------------------+--------------------------------------------------------
 *  a number that anyone may read     | reach; then read with what was seen, changed with before
 *                                    | and after, or both
 *  an object that anyone may read    | reach; then readState or changedState
 *  anything under a lock             | nothing: taking the lock reads, and releasing it changes,
 *                                    | the state of the lock
 *  counts that nothing decides by    | nothing
 * </pre>
 */
public final class SyncPoints {
  /** What the call site's target is while no scheduled run is under way, and else. */
  private static final MethodHandle IDLE = MethodHandles.constant(boolean.class, false);

  private static final MethodHandle AWAKE = MethodHandles.constant(boolean.class, true);
  private static final MutableCallSite SITE = new MutableCallSite(IDLE);

  /** The scheduled runs under way. Changes under SITE's monitor, together with the target. */
  private static final AtomicInteger ACTIVATIONS = new AtomicInteger();

  private SyncPoints() {}

  /**
   * Whether any scheduled run is under way: a constant to the compiler.
   *
   * <p>A call site's target is one, until it is set anew. It is only looked at: calling it would be
   * a constant too, but each call is worth many to the compiler, which stops inlining after so
   * many.
   */
  @SuppressWarnings("ReferenceEquality") // one of two
  public static boolean active() {
    return SITE.getTarget() != IDLE;
  }

  /** Another task of this thread's scheduled run may go on here. */
  public static void reach(SyncPoint point) {
    if (active()) {
      ScheduledRun.reach(point, null, 0);
    }
  }

  /** Another task may go on here; this one is about to touch a part of a place. */
  public static void reach(SyncPoint point, SyncPlace place, long index) {
    if (active()) {
      ScheduledRun.reach(point, place, index);
    }
  }

  /** This task has seen {@code value} there, and may act by it. */
  public static void read(SyncPlace place, long index, long value) {
    if (active()) {
      ScheduledRun.read(place, index, value);
    }
  }

  /** This task has changed the value there. */
  public static void changed(SyncPlace place, long index, long before, long after) {
    if (active()) {
      ScheduledRun.changed(place, index, before, after);
    }
  }

  /** This task has seen what is there, whatever it is. */
  public static void readState(SyncPlace place, long index) {
    if (active()) {
      ScheduledRun.readState(place, index);
    }
  }

  /** This task has changed what is there, by all that it has seen so far. */
  public static void changedState(SyncPlace place, long index) {
    if (active()) {
      ScheduledRun.changedState(place, index);
    }
  }

  /** As {@link #changedState} where the order of several such changes makes no difference. */
  static void addedState(SyncPlace place, long index) {
    if (active()) {
      ScheduledRun.addedState(place, index);
    }
  }

  /** Something worth saying in the story of a failing schedule; asked for only then. */
  public static void note(Supplier<String> what) {
    if (active()) {
      ScheduledRun.note(what);
    }
  }

  /**
   * A number for a new {@link SyncPlace}: the same in every schedule in which its maker has seen
   * the same. 0 while no scheduled run is under way.
   */
  public static long newId() {
    return active() ? PlaceIds.next() : 0;
  }

  /**
   * Waits until {@code ready}, which only another task can bring about.
   *
   * @param waitingFor what to name in a deadlock report
   * @return false when this thread belongs to no scheduled run and must wait by its own means
   */
  static boolean block(Object waitingFor, BooleanSupplier ready) {
    return active() && ScheduledRun.block(waitingFor, ready);
  }

  /**
   * Keeps sync points alive until closed. A scheduled run does this by itself; around many of them
   * it saves recompiling for each.
   */
  public static Activation activate() {
    changeActivations(1);
    return new Activation();
  }

  private static void changeActivations(int change) {
    synchronized (SITE) {
      boolean was = ACTIVATIONS.get() > 0;
      boolean is = ACTIVATIONS.addAndGet(change) > 0;
      if (was != is) {
        SITE.setTarget(is ? AWAKE : IDLE);
        MutableCallSite.syncAll(new MutableCallSite[] {SITE});
      }
    }
  }

  /** Sync points stay alive until every activation is closed. */
  public static final class Activation implements AutoCloseable {
    /** Guarded by this. */
    private boolean closed;

    private Activation() {}

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        changeActivations(-1);
      }
    }
  }
}
