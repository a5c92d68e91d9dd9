package dev.elephantfolio.engine.sync;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A thread for each task. */
final class RealThreads implements ThreadModel {
  /** A task's thread and what became of it. */
  private static final class Running {
    final Task task;
    final Thread thread;

    /** Written by the thread, read after its end. */
    @Nullable Throwable failure;

    Running(Task task) {
      this.task = task;
      this.thread = Thread.ofPlatform().name(task.name()).daemon().unstarted(this::run);
    }

    private void run() {
      try {
        task.body().run();
      } catch (Throwable e) {
        failure = e;
      }
    }
  }

  @Override
  public RunSummary run(List<Task> tasks) {
    List<Running> all = new ArrayList<>();
    for (Task task : tasks) {
      all.add(new Running(task));
    }
    for (Running running : all) {
      running.thread.start();
    }
    Threads.joinAll(all.stream().map(running -> running.thread).toList());
    throwFirstFailure(all);
    return new RunSummary(0, 0);
  }

  private static void throwFirstFailure(List<Running> all) {
    for (Running running : all) {
      Throwable failure = running.failure;
      if (failure != null) {
        throw TaskFailure.of(running.task, "", failure);
      }
    }
  }
}
