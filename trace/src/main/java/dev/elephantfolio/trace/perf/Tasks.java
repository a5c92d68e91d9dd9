package dev.elephantfolio.trace.perf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The threads that are being followed, by tid. */
final class Tasks {
  /** The kernel gives no larger thread id. */
  private static final int TID_LIMIT = 1 << 22;

  private Task[] byTid = newTable(1 << 10);
  private final Map<Integer, List<Task>> byPid = new HashMap<>();

  private static Task[] newTable(int length) {
    Task[] table = new Task[length];
    Arrays.fill(table, Task.NONE);
    return table;
  }

  /** The thread of that id; {@link Task#NONE} if it is not followed. */
  Task get(int tid) {
    return tid >= 0 && tid < byTid.length ? byTid[tid] : Task.NONE;
  }

  /** Whether any thread of the process is followed. */
  boolean knowsProcess(int pid) {
    return byPid.containsKey(pid);
  }

  /** Whether there can be such a thread. */
  static boolean isPossible(int tid) {
    return tid > 0 && tid <= TID_LIMIT;
  }

  /** Follows a thread from here on. */
  void add(Task task) {
    if (task.tid >= byTid.length) {
      Task[] larger = newTable(Math.max(byTid.length * 2, task.tid + 1));
      System.arraycopy(byTid, 0, larger, 0, byTid.length);
      byTid = larger;
    }
    byTid[task.tid] = task;
    byPid.computeIfAbsent(task.pid, _ -> new ArrayList<>()).add(task);
  }

  /**
   * Follows a thread no longer.
   *
   * @return whether it was the last one of its process
   */
  boolean remove(Task task) {
    task.gone = true;
    byTid[task.tid] = Task.NONE;
    List<Task> left = byPid.getOrDefault(task.pid, new ArrayList<>());
    left.remove(task);
    if (left.isEmpty()) {
      byPid.remove(task.pid);
    }
    return left.isEmpty();
  }

  /** The threads of a process that are followed at this moment. */
  List<Task> ofProcess(int pid) {
    return List.copyOf(byPid.getOrDefault(pid, List.of()));
  }

  /** Every thread, in order of their ids. */
  List<Task> all() {
    return Arrays.stream(byTid).filter(task -> task != Task.NONE).toList();
  }
}
