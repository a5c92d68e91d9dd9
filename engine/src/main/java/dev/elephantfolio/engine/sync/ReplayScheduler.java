package dev.elephantfolio.engine.sync;

/**
 * Repeats a schedule, in a run that asks at every point. When it is over, or does not fit, tasks go
 * on in the order of their numbers.
 */
final class ReplayScheduler implements Scheduler {
  private static final int NOBODY = -1;

  private final Schedule schedule;
  private int turn;
  private int pointsLeft;

  ReplayScheduler(Schedule schedule) {
    this.schedule = schedule;
  }

  @Override
  public void start(int tasks) {
    turn = -1;
    pointsLeft = Schedule.TO_THE_END;
  }

  @Override
  public int pick(int running, SyncPoint point, int[] runnable, int count) {
    boolean goesOn = running != NOBODY && (pointsLeft == Schedule.TO_THE_END || --pointsLeft > 0);
    return goesOn ? running : nextTurn(runnable, count);
  }

  private int nextTurn(int[] runnable, int count) {
    turn++;
    if (turn < schedule.turns()) {
      pointsLeft = schedule.points(turn);
      for (int i = 0; i < count; i++) {
        if (runnable[i] == schedule.task(turn)) {
          return runnable[i];
        }
      }
    }
    pointsLeft = Schedule.TO_THE_END;
    return runnable[0];
  }

  @Override
  public String describe() {
    return "schedule " + schedule;
  }
}
