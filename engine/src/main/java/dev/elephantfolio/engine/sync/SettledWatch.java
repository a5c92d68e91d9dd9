package dev.elephantfolio.engine.sync;

import org.jspecify.annotations.Nullable;

/** Asks the scheduler at the places that are known to be shared, and keeps nothing. */
final class SettledWatch extends RunWatch {
  private final SharedPlaces places;

  SettledWatch(SharedPlaces places) {
    this.places = places;
  }

  @Override
  boolean reached(ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index) {
    return place == null || places.touch(task.number, point, place, index);
  }
}
