package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordingWriter;
import java.io.IOException;
import java.util.List;

/** Brings the beginning and the end of each system call together, and writes it where it ends. */
final class CallPairer {
  private final RecordingWriter writer;
  private final EventClock clock;
  private final TaskTracker tracker;
  private final ImportCounts counts;
  private final FileMappings files;

  CallPairer(
      RecordingWriter writer,
      EventClock clock,
      TaskTracker tracker,
      ImportCounts counts,
      Corrections corrections) {
    this.writer = writer;
    this.clock = clock;
    this.tracker = tracker;
    this.counts = counts;
    this.files = new FileMappings(corrections);
  }

  void enter(Task task, PerfLine line) throws IOException {
    if (task == Task.NONE || line.call == PerfCall.NONE) {
      return;
    }
    counts.unpairedCalls += task.call.isMemoryCall() ? 1 : 0;
    forget(task);
    task.call = line.call;
    System.arraycopy(line.numbers, 0, task.arguments, 0, line.numbers.length);
    switch (line.call) {
      case MUNMAP -> task.space.unmapping.add(task);
      case EXECVE, EXECVEAT -> task.reachedExec = true;
      case EXIT_GROUP -> tracker.exitGroup(task, line.timeNanos);
      default -> {}
    }
  }

  void exit(Task task, PerfLine line) throws IOException {
    if (task == Task.NONE || line.call == PerfCall.NONE) {
      return;
    }
    if (task.call == line.call) {
      finish(task, line);
    } else if (line.call.isMemoryCall()) {
      counts.unpairedCalls++;
    }
    if (line.call.isExec()) {
      execReturned(task, line.numbers[0]);
    }
    forget(task);
  }

  private static void execReturned(Task task, long result) {
    task.inExec = false;
    task.reachedExec &= !Mman.failed(result);
  }

  private static void forget(Task task) {
    if (task.call == PerfCall.MUNMAP) {
      task.space.unmapping.remove(task);
    }
    task.call = PerfCall.NONE;
    task.mappedName = "";
    task.placedEarly = false;
  }

  private void finish(Task task, PerfLine line) throws IOException {
    long result = line.numbers[0];
    switch (task.call) {
      case CLONE3 -> tracker.cloneReturned(task);
      case MMAP -> mapped(task, line.timeNanos, result);
      case BRK -> breakMoved(task, line.timeNanos, result);
      case MPROTECT -> protectedMemory(task, line.timeNanos, result);
      default -> {
        if (task.call.isMemoryCall() && !task.placedEarly) {
          place(task, line.timeNanos, result);
        }
      }
    }
  }

  private void mapped(Task task, long textNanos, long result) throws IOException {
    long[] arguments = task.arguments;
    arguments[3] &= 0xFFFF_FFFFL;
    arguments[4] = (int) arguments[4];
    if (!Mman.failed(result)) {
      placeEarlierUnmaps(task, textNanos, result, result + arguments[1]);
    }
    long event = writer.eventCount();
    arguments[6] = 0;
    write(task, EventKind.MMAP, textNanos, result);
    boolean ofFile = (arguments[3] & Mman.MAP_ANONYMOUS) == 0;
    int tag =
        ofFile && !Mman.failed(result)
            ? files.mapped(task.space.regions, event, result, arguments, task.mappedName)
            : AddressSpace.NO_TAG;
    task.space.apply(EventKind.MMAP, arguments, result, tag);
  }

  /** Whoever was given memory that others are unmapping was given it after they did. */
  private void placeEarlierUnmaps(Task mapper, long textNanos, long start, long end)
      throws IOException {
    if (mapper.space.unmapping.isEmpty()) {
      return;
    }
    for (Task other : List.copyOf(mapper.space.unmapping)) {
      long otherStart = other.arguments[0];
      long otherEnd = otherStart + AddressSpace.pageUp(other.arguments[1]);
      if (!other.placedEarly && otherStart < end && start < otherEnd) {
        place(other, textNanos, 0);
        other.placedEarly = true;
      }
    }
  }

  private void breakMoved(Task task, long textNanos, long result) throws IOException {
    ExecImage image = task.space.image;
    if (!task.space.breakKnown()
        && image.breakStart() == ExecImage.UNKNOWN
        && result != task.arguments[0]) {
      image.breakStartsAt(result);
    }
    place(task, textNanos, result);
  }

  private void protectedMemory(Task task, long textNanos, long result) throws IOException {
    long start = task.arguments[0];
    if (!Mman.failed(result)
        && task.space.regions.isFree(start, start + AddressSpace.pageUp(task.arguments[1]))) {
      task.space.image.protectedStarts.add(start);
    }
    place(task, textNanos, result);
  }

  private void place(Task task, long textNanos, long result) throws IOException {
    EventKind kind = task.call.kind();
    write(task, kind, textNanos, result);
    task.space.apply(kind, task.arguments, result, AddressSpace.NO_TAG);
  }

  private void write(Task task, EventKind kind, long textNanos, long result) throws IOException {
    long[] arguments = task.arguments;
    if (kind == EventKind.GENERIC) {
      arguments = new long[kind.argumentCount()];
      arguments[0] = writer.string(task.call.callName());
      System.arraycopy(task.arguments, 0, arguments, 1, task.call.argumentCount());
    }
    writer.call(kind, clock.at(textNanos), task.pid, task.tid, arguments, result);
  }
}
