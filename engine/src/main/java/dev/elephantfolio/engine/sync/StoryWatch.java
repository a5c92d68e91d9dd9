package dev.elephantfolio.engine.sync;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what tasks do at the places they share, in words. Asks the scheduler at every point,
 * as a replay needs it.
 */
final class StoryWatch extends RunWatch {
  /** A step under way: what is known of it is added until the task's next. */
  private static final class Step {
    final ScheduledTask task;
    final SyncPoint point;
    final @Nullable SyncPlace place;
    final long index;
    final String text;
    String values = "";

    Step(ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index, String text) {
      this.task = task;
      this.point = point;
      this.place = place;
      this.index = index;
      this.text = text;
    }

    @SuppressWarnings("ReferenceEquality") // this very place
    boolean isAt(ScheduledTask who, SyncPlace where, long part) {
      return task == who && place == where && index == part;
    }
  }

  private final SharedPlaces places;
  private final PlaceNames names;
  private final List<Step> steps = new ArrayList<>();
  private final List<String> tasks = new ArrayList<>();
  private @Nullable Step current;

  StoryWatch(SharedPlaces places, PlaceNames names) {
    this.places = places;
    this.names = names;
  }

  @Override
  boolean reached(ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index) {
    return true;
  }

  @Override
  void passed(ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index) {
    boolean shared = place != null && places.touch(task.number, point, place, index);
    current = null;
    if (shared && place != null) {
      String name = task.run.looking(() -> name(place, index));
      add(new Step(task, point, place, index, point.verb() + " " + name));
    }
  }

  private String name(SyncPlace place, long index) {
    return names.describe(place, index).orElseGet(() -> place.describePlace(index));
  }

  private void add(Step step) {
    while (tasks.size() <= step.task.number) {
      tasks.add("");
    }
    tasks.set(step.task.number, step.task.task.name());
    steps.add(step);
    current = step;
  }

  @Override
  void read(ScheduledTask task, SyncPlace place, long index, long value) {
    Step step = current;
    if (step != null && step.isAt(task, place, index) && step.values.isEmpty()) {
      step.values = ": " + place.describeValue(index, value);
    }
  }

  @Override
  void changed(ScheduledTask task, SyncPlace place, long index, long before, long after) {
    Step step = current;
    if (step == null || !step.isAt(task, place, index) || isLock(step.point)) {
      return;
    }
    step.values =
        ": " + place.describeValue(index, before) + " → " + place.describeValue(index, after);
  }

  private static boolean isLock(SyncPoint point) {
    return point == SyncPoint.LOCK || point == SyncPoint.UNLOCK || point == SyncPoint.TRY_LOCK;
  }

  @Override
  void note(ScheduledTask task, Supplier<String> what) {
    add(new Step(task, SyncPoint.OTHER, null, 0, task.run.looking(what)));
  }

  @Override
  void waits(ScheduledTask task, Object waitingFor) {
    add(
        new Step(
            task,
            SyncPoint.OTHER,
            null,
            0,
            "waits for " + task.run.looking(() -> called(waitingFor))));
  }

  private String called(Object waitingFor) {
    return waitingFor instanceof SyncPlace place ? name(place, 0) : waitingFor.toString();
  }

  @Override
  void ended(ScheduledTask task, @Nullable Throwable failure) {
    String text = failure == null ? "ends" : "fails: " + TaskFailure.describe(failure);
    add(new Step(task, SyncPoint.OTHER, null, 0, text));
  }

  Story story(@Nullable Throwable failure) {
    List<Story.Line> lines = new ArrayList<>();
    for (Step step : steps) {
      lines.add(new Story.Line(step.task.number, step.text + step.values));
    }
    return new Story(List.copyOf(tasks), lines, Optional.ofNullable(failure));
  }
}
