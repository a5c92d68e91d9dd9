package dev.elephantfolio.trace.perf;

/** What a line of perf script text is. */
enum LineKind {
  /** Page fault; numbers: address, error code. */
  FAULT,
  /** Begin of a system call; numbers: its arguments. */
  CALL_ENTER,
  /** End of a system call; numbers: its result. */
  CALL_EXIT,
  /** sched_process_fork; numbers: the child's tid. */
  SCHED_FORK,
  /** sched_process_exec; text: the file's name. */
  SCHED_EXEC,
  /** sched_process_exit; numbers: 1 if the process ended, 0 if not, -1 if the line does not say. */
  SCHED_EXIT,
  /** A mapping; numbers: pid, tid, start, length, file offset, protection; text: its name. */
  MAP,
  /** A thread's name; numbers: pid, tid; text: the name. */
  COMM,
  /** The same, by exec. */
  COMM_EXEC,
  /** A new thread or process; numbers: its pid, its tid, parent's pid, parent's tid. */
  TASK_FORK,
  /** The end of a thread; numbers: its pid, its tid. */
  TASK_EXIT,
  /** Events that perf lost; numbers: how many. */
  LOST,
  /** An event of no interest here. */
  OTHER,
  /** A remark of perf's; text: all of it. */
  COMMENT,
  /** Nothing, or a line of a call chain. */
  BLANK,
  /** Not perf script text. */
  GARBAGE
}
