package dev.elephantfolio.trace.perf;

/** A thread that is being followed, and what it is in the middle of. */
final class Task {
  /** Stands for every thread that is not followed. */
  static final Task NONE = new Task(-1, -1, new AddressSpace(new ExecImage(-1, "")));

  final int pid;
  final int tid;
  AddressSpace space;

  /** The call that has begun and not ended; NONE if there is none. */
  PerfCall call = PerfCall.NONE;

  final long[] arguments = new long[8];

  /** The name perf gave to what the call in progress mapped; empty if none. */
  String mappedName = "";

  /** Its munmap was placed already, because another thread was given the range. */
  boolean placedEarly;

  /** Between the moment the new image is in place and the end of exec. */
  boolean inExec;

  /** sched_process_exit was seen; the thread's end itself is yet to come. */
  boolean exiting;

  boolean processEnds;
  boolean gone;

  /** The last process it made; itself if it made none. */
  Task lastChild = this;

  // What tells whether a process made by clone3 shares its parent's memory.
  long forkEvent = -1;
  long forkFlags;
  boolean reachedExec;
  boolean copiedOnWrite;

  Task(int pid, int tid, AddressSpace space) {
    this.pid = pid;
    this.tid = tid;
    this.space = space;
  }
}
