package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.AccessBits;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RecordingWriter;
import java.io.IOException;

/**
 * The first pass of an import: follows the recorded processes through the text, puts their events
 * aside in the order in which they took effect, and gathers what each exec's memory map must have
 * been.
 *
 * <p>The order: a system call takes effect where it returns. Two cases differ. EXEC stands where
 * the new image is in place (perf's COMM exec record), so that what the kernel touches while it
 * loads the program belongs to the new image. And a munmap that another thread's mmap was given
 * memory of has taken effect before that mmap, wherever its own return stands.
 */
final class PerfCollector {
  private static final long NULL_LIMIT = 1 << 16;
  private static final long USER_LIMIT = 1L << 47;

  // Bits of the x86 page fault error code.
  private static final long FAULT_PRESENT = 1;
  private static final long FAULT_WRITE = 1 << 1;
  private static final long FAULT_USER = 1 << 2;
  private static final long FAULT_FETCH = 1 << 4;

  private final RecordingWriter writer;
  private final EventClock clock;
  private final TaskTracker tracker;
  private final CallPairer calls;
  private final ImportCounts counts;

  PerfCollector(
      RecordingWriter writer, PerfImportOptions options, ImportCounts counts, Collected collected) {
    this.writer = writer;
    this.counts = counts;
    this.clock = new EventClock();
    this.tracker = new TaskTracker(writer, clock, options.rootPids(), collected);
    this.calls = new CallPairer(writer, clock, tracker, counts, collected.corrections());
  }

  /** Takes in one line. */
  void accept(PerfLine line) throws IOException {
    switch (line.kind) {
      case FAULT -> fault(line);
      case CALL_ENTER -> calls.enter(taskOf(line), line);
      case CALL_EXIT -> calls.exit(taskOf(line), line);
      case MAP -> map(line);
      case COMM -> tracker.comm(line);
      case COMM_EXEC -> tracker.commExec(line);
      case TASK_FORK -> tracker.taskFork(line);
      case TASK_EXIT -> tracker.taskExit(line);
      case SCHED_FORK -> tracker.schedFork(line);
      case SCHED_EXEC -> tracker.schedExec(line);
      case SCHED_EXIT -> tracker.schedExit(line);
      case LOST -> lost(line);
      case OTHER, COMMENT, BLANK, GARBAGE -> {}
    }
  }

  /** After the last line. */
  void end() throws IOException {
    tracker.end();
  }

  private Task taskOf(PerfLine line) throws IOException {
    Task task = tracker.taskOf(line);
    counts.foreignEvents += task == Task.NONE ? 1 : 0;
    return task;
  }

  private void fault(PerfLine line) throws IOException {
    Task task = taskOf(line);
    if (task == Task.NONE) {
      return;
    }
    long address = line.numbers[0];
    if (address < NULL_LIMIT || address >= USER_LIMIT) {
      counts.impossibleTouches++;
      return;
    }
    int access = access(line.numbers[1]);
    writer.touch(clock.at(line.timeNanos), task.pid, task.tid, address, access);
    learn(task, address, access);
  }

  private static int access(long errorCode) {
    int access =
        (errorCode & FAULT_WRITE) != 0
            ? AccessBits.WRITE
            : (errorCode & FAULT_FETCH) != 0 ? AccessBits.EXEC : AccessBits.READ;
    access |= (errorCode & FAULT_PRESENT) != 0 ? AccessBits.PRESENT : 0;
    return access | ((errorCode & FAULT_USER) == 0 ? AccessBits.KERNEL : 0);
  }

  /** What a touch tells beyond itself. */
  private static void learn(Task task, long address, int access) {
    boolean present = (access & AccessBits.PRESENT) != 0;
    boolean write = (access & AccessBits.WRITE) != 0;
    task.copiedOnWrite |= present && write;
    if (task.space.regions.findGrowing(address) >= 0) {
      return;
    }
    ExecImage image = task.space.image;
    image.unexplained.add(
        AddressSpace.pageOf(address), access | (present ? 0 : PageEvidence.FRESH));
    if (task.inExec && write && !present && (access & AccessBits.KERNEL) != 0) {
      image.zeroedAddresses.add(address);
    }
  }

  private void map(PerfLine line) throws IOException {
    RecordedRegion region = MappedRegions.of(line);
    if (region.start() < 0 || region.lengthBytes() <= 0) {
      return;
    }
    if (line.timeNanos == 0) {
      tracker.mappedBefore((int) line.numbers[0], region);
      return;
    }
    Task task = taskOf(line);
    if (task == Task.NONE) {
      return;
    }
    if (task.call.isMemoryCall()) {
      task.mappedName = region.name();
    } else if (task.inExec) {
      task.space.image.recorded.add(region);
      task.space.regions.set(region.start(), region.end(), 0, AddressSpace.NO_TAG);
    } else if (task.space.regions.isFree(region.start(), region.end())) {
      task.space.regions.set(region.start(), region.end(), 0, AddressSpace.NO_TAG);
      writer.region(clock.at(line.timeNanos), task.pid, task.tid, region);
    }
  }

  private void lost(PerfLine line) throws IOException {
    counts.lostEvents += line.numbers[0];
    writer.lost(
        line.timeNanos == 0 ? clock.last() : clock.at(line.timeNanos),
        Math.max(line.pid, 0),
        line.tid,
        line.numbers[0]);
  }
}
