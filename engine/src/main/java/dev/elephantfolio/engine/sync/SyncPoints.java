package dev.elephantfolio.engine.sync;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MutableCallSite;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Where the scheduled thread model takes over.
 *
 * <p>The engine calls {@link #reach} before each step that other threads can see. While no
 * scheduled run is under way anywhere in the JVM, the compiler sees a constant false here and drops
 * the call; the first scheduled run makes it recompile. Threads that belong to no scheduled run
 * pass through.
 */
public final class SyncPoints {
  private static final MutableCallSite SITE =
      new MutableCallSite(MethodHandles.constant(boolean.class, false));
  private static final MethodHandle ACTIVE = SITE.dynamicInvoker();

  /** The scheduled runs under way. Changes under SITE's monitor, together with the target. */
  private static final AtomicInteger ACTIVATIONS = new AtomicInteger();

  private SyncPoints() {}

  /** Whether any scheduled run is under way: a constant to the compiler. */
  public static boolean active() {
    try {
      return (boolean) ACTIVE.invokeExact();
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Another task of this thread's scheduled run may go on here. */
  public static void reach(SyncPoint point) {
    if (active()) {
      ScheduledRun.reach(point);
    }
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
        SITE.setTarget(MethodHandles.constant(boolean.class, is));
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
