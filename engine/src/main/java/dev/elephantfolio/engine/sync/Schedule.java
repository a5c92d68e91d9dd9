package dev.elephantfolio.engine.sync;

import java.util.Arrays;

/**
 * Who ran for how long: enough to run the same again. Written as {@code 0:17,1:5,0,1}: task 0 up to
 * its 17th point, task 1 up to its 5th, then task 0 until it cannot go on, then task 1 likewise.
 * Immutable.
 */
public final class Schedule {
  /** In place of a number of points: until the task waits or ends. */
  static final int TO_THE_END = 0;

  private final int[] tasks;
  private final int[] points;

  private Schedule(int[] tasks, int[] points) {
    this.tasks = tasks;
    this.points = points;
  }

  /**
   * Reads what {@link #toString} wrote.
   *
   * @throws IllegalArgumentException for anything else, with what is wrong
   */
  public static Schedule parse(String text) {
    Recorder recorder = new Recorder();
    for (String turn : text.split(",", -1)) {
      String[] parts = turn.strip().split(":", -1);
      int task = number(parts[0], text);
      int points = parts.length == 1 ? TO_THE_END : number(parts[1], text);
      if (parts.length > 2 || (parts.length == 2 && points == 0)) {
        throw bad(text);
      }
      recorder.add(task, points);
    }
    return recorder.schedule();
  }

  private static int number(String digits, String text) {
    if (!digits.matches("[0-9]{1,9}")) {
      throw bad(text);
    }
    return Integer.parseInt(digits);
  }

  private static IllegalArgumentException bad(String text) {
    return new IllegalArgumentException(
        "a schedule reads like 0:17,1:5,0,1 (task:points, or task alone), not '" + text + "'");
  }

  /** How many tasks there must be. */
  public int tasks() {
    return Arrays.stream(tasks).max().orElse(-1) + 1;
  }

  int turns() {
    return tasks.length;
  }

  int task(int turn) {
    return tasks[turn];
  }

  int points(int turn) {
    return points[turn];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Schedule schedule
        && Arrays.equals(tasks, schedule.tasks)
        && Arrays.equals(points, schedule.points);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(tasks) + Arrays.hashCode(points);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int turn = 0; turn < tasks.length; turn++) {
      text.append(turn == 0 ? "" : ",").append(tasks[turn]);
      if (points[turn] != TO_THE_END) {
        text.append(':').append(points[turn]);
      }
    }
    return text.toString();
  }

  /** Notes the turns of a run as they end. */
  static final class Recorder {
    private int[] tasks = new int[16];
    private int[] points = new int[16];
    private int turns;

    void add(int task, int pointsPassed) {
      if (turns == tasks.length) {
        tasks = Arrays.copyOf(tasks, turns * 2);
        points = Arrays.copyOf(points, turns * 2);
      }
      tasks[turns] = task;
      points[turns++] = pointsPassed;
    }

    Schedule schedule() {
      return new Schedule(Arrays.copyOf(tasks, turns), Arrays.copyOf(points, turns));
    }
  }
}
