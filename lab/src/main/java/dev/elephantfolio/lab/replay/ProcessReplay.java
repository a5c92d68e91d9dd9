package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Limits;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.lab.replay.ReplayedProcess.Standing;
import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordingReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Follows the recorded processes through fork, exec and exit. */
final class ProcessReplay {
  private static final Limits NO_LIMITS =
      new Limits(Limits.UNLIMITED, Limits.UNLIMITED, Limits.UNLIMITED, Limits.UNLIMITED);

  private final Machine machine;
  private final MemoryMeter meter;
  private final ReplayTally tally;

  /** The latest process of each pid, which may have ended. */
  private final Map<Integer, ReplayedProcess> byPid = new HashMap<>();

  /** All there ever were, in order of their beginning. */
  private final List<ReplayedProcess> all = new ArrayList<>();

  /** The process of each thread index of the recording, as last looked up. */
  private @Nullable ReplayedProcess[] byThread = new ReplayedProcess[64];

  ProcessReplay(Machine machine, MemoryMeter meter, ReplayTally tally) {
    this.machine = machine;
    this.meter = meter;
    this.tally = tally;
  }

  /**
   * The process that the event happened in. One whose beginning was not recorded begins now, with
   * nothing mapped; null when it has ended.
   */
  @Nullable ReplayedProcess of(RecordingReader event) {
    int thread = event.threadIndex();
    if (thread < byThread.length) {
      ReplayedProcess known = byThread[thread];
      if (known != null && !known.ended()) {
        return known;
      }
    }
    return lookUp(event, thread);
  }

  private @Nullable ReplayedProcess lookUp(RecordingReader event, int thread) {
    ReplayedProcess process = byPid.get(event.pid());
    if (process == null) {
      tally.adoptedProcess();
      process = begin(event, "");
    }
    if (process.ended()) {
      tally.strayEvent();
      return null;
    }
    if (thread >= byThread.length) {
      byThread = Arrays.copyOf(byThread, Math.max(thread + 1, byThread.length * 2));
    }
    byThread[thread] = process;
    return process;
  }

  private ReplayedProcess begin(RecordingReader event, String comm) {
    Process process = machine.spawn(comm);
    empty(process);
    return add(ReplayedProcess.started(event.pid(), event.timeNanos(), process, comm));
  }

  private ReplayedProcess add(ReplayedProcess process) {
    byPid.put(process.pid(), process);
    all.add(process);
    meter.add(process);
    return process;
  }

  /** Takes away what the engine's exec made: the recording tells where everything was. */
  private static void empty(Process process) {
    for (Vma vma : process.memory().vmas().toArray()) {
      process.munmap(vma.start(), vma.lengthBytes());
    }
    process.limit(NO_LIMITS);
  }

  void exec(RecordingReader event) {
    String comm = event.string(event.argument(1));
    ReplayedProcess process = byPid.get(event.pid());
    if (process == null || process.ended()) {
      begin(event, comm);
      return;
    }
    if (process.standing() == Standing.COUNTED) {
      meter.beforeShrinking();
    }
    try {
      process.process().exec(comm);
    } catch (MemoryException refused) {
      tally.refusedCall(event, refused);
    }
    empty(process.process());
    process.renew(comm);
    process.stand(Standing.COUNTED);
    meter.changed(process);
  }

  void fork(RecordingReader event) {
    ReplayedProcess parent = of(event);
    if (parent == null) {
      return;
    }
    int childPid = (int) event.argument(1);
    boolean shares = (event.argument(2) & Mman.CLONE_VM) != 0;
    meter.beforeShrinking();
    try {
      ReplayedProcess child =
          shares
              ? parent.vforked(childPid, event.timeNanos(), parent.process().vfork(parent.comm()))
              : parent.forked(childPid, event.timeNanos(), parent.process().fork(parent.comm()));
      add(child);
    } catch (MemoryException refused) {
      tally.refusedCall(event, refused);
      byPid.remove(childPid);
    }
  }

  /** A thread ended, and with the last one its process. */
  void exit(RecordingReader event) {
    ReplayedProcess process = byPid.get(event.pid());
    if (event.argument(0) == 0 || process == null || process.ended()) {
      return;
    }
    meter.remove(process);
    process.process().exit();
    process.end(event.timeNanos());
  }

  /** A process is called what its first thread is called. */
  void comm(RecordingReader event) {
    ReplayedProcess process = byPid.get(event.pid());
    if (process != null && !process.ended() && event.tid() == event.pid()) {
      process.name(event.string(event.argument(0)));
    }
  }

  /** What each of them had, in order of their beginning. */
  List<ProcessReport> reports(long endNanos) {
    List<ProcessReport> reports = new ArrayList<>(all.size());
    for (ReplayedProcess process : all) {
      reports.add(process.report(endNanos));
    }
    return reports;
  }
}
