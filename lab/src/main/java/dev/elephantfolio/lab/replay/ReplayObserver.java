package dev.elephantfolio.lab.replay;

/** Is told of a replay while it runs, in the replay's own thread. */
public interface ReplayObserver {
  /** Looks at nothing. */
  ReplayObserver NONE = new ReplayObserver() {};

  /**
   * What a living process has; told of each every 0.1 s of recorded time.
   *
   * @param timeNanos since the recording's start
   * @param pid the recorded one
   */
  default void sample(long timeNanos, int pid, MemoryFigures figures) {}

  /** So many events of the recording have been replayed; told every few ten thousand events. */
  default void progress(long events) {}
}
