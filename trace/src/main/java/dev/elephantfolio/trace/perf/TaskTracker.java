package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RecordingWriter;
import java.io.IOException;
import java.util.Set;

/**
 * Follows processes and threads through exec, fork and exit. perf tells of these twice, by its own
 * records and by the scheduler's tracepoints; the records say more and are used where there are
 * any.
 */
final class TaskTracker {
  /** Signal at the child's end: what fork(2) and vfork(2) ask for. */
  private static final long SIGCHLD = 17;

  private final RecordingWriter writer;
  private final EventClock clock;
  private final Collected collected;
  private final Roots roots;
  private final Tasks tasks = new Tasks();
  private boolean recordsSeen;
  private boolean schedSeen;

  TaskTracker(
      RecordingWriter writer, EventClock clock, Set<Integer> rootPids, Collected collected) {
    this.writer = writer;
    this.clock = clock;
    this.roots = new Roots(rootPids);
    this.collected = collected;
  }

  /** The thread a line speaks of, {@link Task#NONE} if it is not of the recording. */
  Task taskOf(PerfLine line) throws IOException {
    Task task = tasks.get(line.tid);
    if (task != Task.NONE && (line.pid < 0 || line.pid == task.pid)) {
      return task;
    }
    return adopt(line);
  }

  /** A thread whose beginning was not seen: of a known process, or a root. */
  private Task adopt(PerfLine line) throws IOException {
    int pid = line.pid < 0 ? line.tid : line.pid;
    if (line.timeNanos == 0 || !Tasks.isPossible(line.tid)) {
      return Task.NONE;
    }
    if (tasks.knowsProcess(pid)) {
      AddressSpace space = tasks.ofProcess(pid).getFirst().space;
      return startThread(new Task(pid, line.tid, space), pid, line.timeNanos);
    }
    return roots.isRootByPresence(pid, line) ? existingRoot(pid, line) : Task.NONE;
  }

  private Task startThread(Task task, int creatorTid, long textNanos) throws IOException {
    forgetStale(task.tid, textNanos);
    tasks.add(task);
    writer.threadStart(clock.at(textNanos), task.pid, task.tid, creatorTid);
    return task;
  }

  private Task existingRoot(int pid, PerfLine line) throws IOException {
    Task task = newImage(pid, line.tid, line.comm(), line.timeNanos);
    for (RecordedRegion region : roots.mappedBefore(pid)) {
      task.space.image.recorded.add(region);
      task.space.regions.set(region.start(), region.end(), 0, AddressSpace.NO_TAG);
    }
    return task;
  }

  private Task newImage(int pid, int tid, String comm, long textNanos) throws IOException {
    ExecImage image = new ExecImage(pid, comm);
    Task task = new Task(pid, tid, new AddressSpace(image));
    tasks.add(task);
    roots.found();
    collected.images().add(image);
    writer.exec(clock.at(textNanos), pid, tid, "", comm);
    return task;
  }

  /** A thread of that id is still followed though its end must have been lost. */
  private void forgetStale(int tid, long textNanos) throws IOException {
    Task stale = tasks.get(tid);
    if (stale != Task.NONE) {
      endTask(stale, clock.at(textNanos));
    }
  }

  /** A mapping that was there before the recording began. */
  void mappedBefore(int pid, RecordedRegion region) {
    roots.mappedBefore(pid, region);
  }

  /** A thread's new name. */
  void comm(PerfLine line) throws IOException {
    recordsSeen = true;
    if (line.timeNanos == 0) {
      roots.named((int) line.numbers[0], line.text());
      return;
    }
    Task task = tasks.get((int) line.numbers[1]);
    if (task != Task.NONE) {
      writer.comm(clock.at(line.timeNanos), task.pid, task.tid, line.text());
    }
  }

  /** The new image is in place; from here on everything the thread does belongs to it. */
  void commExec(PerfLine line) throws IOException {
    recordsSeen = true;
    exec(line, (int) line.numbers[0], line.text());
  }

  private void exec(PerfLine line, int pid, String comm) throws IOException {
    boolean known = tasks.knowsProcess(pid);
    if (!Tasks.isPossible(pid) || (!known && !roots.isRootByExec(pid))) {
      return;
    }
    for (Task task : tasks.ofProcess(pid)) {
      task.reachedExec = true;
      tasks.remove(task);
    }
    Task task = newImage(pid, pid, comm, line.timeNanos);
    task.inExec = true;
  }

  /** exec is done; this line tells the name it was given. */
  void schedExec(PerfLine line) throws IOException {
    schedSeen = true;
    if (!recordsSeen) {
      int pid = line.pid < 0 ? line.tid : line.pid;
      exec(line, pid, line.comm());
    }
    Task task = tasks.get(line.tid);
    if (task.inExec) {
      task.space.image.namedBy(line.text());
      task.inExec = false;
    }
  }

  /** perf's own record of a new thread or process. */
  void taskFork(PerfLine line) throws IOException {
    if (line.timeNanos == 0) {
      return;
    }
    recordsSeen = true;
    Task parent = tasks.get((int) line.numbers[3]);
    if (parent != Task.NONE) {
      begin(parent, (int) line.numbers[0], (int) line.numbers[1], line.timeNanos);
    }
  }

  /** The tracepoint does not tell a thread from a process; the flags of the call do. */
  void schedFork(PerfLine line) throws IOException {
    schedSeen = true;
    Task parent = tasks.get(line.tid);
    if (recordsSeen || parent == Task.NONE) {
      return;
    }
    int childTid = (int) line.numbers[0];
    boolean thread =
        parent.call == PerfCall.CLONE3 || (cloneFlags(parent) & Mman.CLONE_THREAD) != 0;
    begin(parent, thread ? parent.pid : childTid, childTid, line.timeNanos);
  }

  private void begin(Task parent, int childPid, int childTid, long textNanos) throws IOException {
    if (!Tasks.isPossible(childTid)) {
      return;
    }
    if (childPid == parent.pid) {
      startThread(new Task(childPid, childTid, parent.space), parent.tid, textNanos);
    } else {
      startProcess(parent, childPid, childTid, textNanos);
    }
  }

  private void startProcess(Task parent, int childPid, int childTid, long textNanos)
      throws IOException {
    forgetStale(childTid, textNanos);
    long flags = cloneFlags(parent);
    boolean shared = (flags & Mman.CLONE_VM) != 0;
    Task child = new Task(childPid, childTid, shared ? parent.space : parent.space.fork());
    tasks.add(child);
    child.forkEvent = writer.eventCount();
    child.forkFlags = flags;
    parent.lastChild = child;
    writer.fork(clock.at(textNanos), parent.pid, parent.tid, childPid, childTid, flags);
  }

  private static long cloneFlags(Task parent) {
    return switch (parent.call) {
      case CLONE -> parent.arguments[0];
      case VFORK -> Mman.CLONE_VM | Mman.CLONE_VFORK | SIGCHLD;
      default -> SIGCHLD;
    };
  }

  /**
   * clone3's flags stand in memory, where perf does not look. But a parent that comes back only
   * after its child is gone to another image, with nothing copied on write before, must have lent
   * the child its memory.
   */
  void cloneReturned(Task parent) {
    Task child = parent.lastChild;
    boolean mayHaveLent = parent.call == PerfCall.CLONE3 && child != parent;
    if (mayHaveLent && (child.reachedExec || child.gone) && !child.copiedOnWrite) {
      collected
          .corrections()
          .correctForkFlags(child.forkEvent, child.forkFlags | Mman.CLONE_VM | Mman.CLONE_VFORK);
    }
    parent.lastChild = parent;
  }

  /** The scheduler's word of a thread's end; memory is given back a little later. */
  void schedExit(PerfLine line) throws IOException {
    schedSeen = true;
    Task task = tasks.get(line.tid);
    if (task == Task.NONE) {
      return;
    }
    task.exiting = true;
    task.processEnds = line.numbers[0] == 1;
    if (!recordsSeen) {
      endTask(task, clock.at(line.timeNanos));
    }
  }

  /** perf's own record of a thread's end. */
  void taskExit(PerfLine line) throws IOException {
    recordsSeen = true;
    Task task = tasks.get((int) line.numbers[1]);
    if (task != Task.NONE) {
      endTask(task, clock.at(line.timeNanos));
    }
  }

  /** Where neither perf nor the scheduler tells of ends, exit_group does. */
  void exitGroup(Task caller, long textNanos) throws IOException {
    if (recordsSeen || schedSeen) {
      return;
    }
    for (Task task : tasks.ofProcess(caller.pid)) {
      endTask(task, clock.at(textNanos));
    }
  }

  private void endTask(Task task, long timeNanos) throws IOException {
    boolean last = tasks.remove(task);
    task.space.unmapping.remove(task);
    writer.exit(timeNanos, task.pid, task.tid, last || task.processEnds);
  }

  /** After the last line: threads that were about to end have ended. */
  void end() throws IOException {
    for (Task task : tasks.all()) {
      if (task.exiting) {
        endTask(task, clock.last());
      }
    }
  }
}
