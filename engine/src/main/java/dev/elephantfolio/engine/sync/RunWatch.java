package dev.elephantfolio.engine.sync;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks on while a scheduled run goes, and says at which of its points another task may come
 * between. Called by whoever has the turn.
 */
abstract class RunWatch {
  /** Every point but those that only look: what a run does that nobody explores. */
  static final class Plain extends RunWatch {
    @Override
    boolean reached(ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index) {
      return !point.isRead();
    }
  }

  /** The task is about to pass a point; whether the scheduler is asked who goes on. */
  abstract boolean reached(
      ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index);

  /** The task passes the point now. */
  void passed(ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index) {}

  void read(ScheduledTask task, SyncPlace place, long index, long value) {}

  void changed(ScheduledTask task, SyncPlace place, long index, long before, long after) {}

  void readState(ScheduledTask task, SyncPlace place, long index) {}

  void changedState(ScheduledTask task, SyncPlace place, long index) {}

  void addedState(ScheduledTask task, SyncPlace place, long index) {}

  void note(ScheduledTask task, Supplier<String> what) {}

  void waits(ScheduledTask task, Object waitingFor) {}

  void ended(ScheduledTask task, @Nullable Throwable failure) {}

  /** A hash of all that the rest of the run depends on; 0 when this is not kept. */
  long stateHash(List<ScheduledTask> tasks) {
    return 0;
  }
}
