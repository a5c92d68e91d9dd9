package dev.elephantfolio.linux.measure;

import dev.elephantfolio.linux.libc.LibC;
import dev.elephantfolio.linux.proc.ProcFs;
import dev.elephantfolio.linux.proc.ProcessStat;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Every process that comes of what we start from now on, whoever its parent has become: while this
 * is open, orphans of our descendants become our own children ({@code prctl(2)},
 * PR_SET_CHILD_SUBREAPER) and so cannot leave the tree. Children we had before are not of it.
 *
 * <p>Not thread-safe.
 */
final class ProcessTree implements AutoCloseable {
  private final ProcFs proc;
  private final int ourPid;
  private final Set<Integer> strangers;
  private final boolean reapedBefore;

  private ProcessTree(ProcFs proc, int ourPid, Set<Integer> strangers, boolean reapedBefore) {
    this.proc = proc;
    this.ourPid = ourPid;
    this.strangers = strangers;
    this.reapedBefore = reapedBefore;
  }

  /** Begins to hold our descendants together. */
  static ProcessTree open(ProcFs proc) throws IOException {
    boolean reapedBefore = LibC.childSubreaper();
    LibC.setChildSubreaper(true);
    int ourPid = Math.toIntExact(ProcessHandle.current().pid());
    return new ProcessTree(proc, ourPid, children(proc, ourPid), reapedBefore);
  }

  private static Set<Integer> children(ProcFs proc, int parentPid) {
    Set<Integer> children = new TreeSet<>();
    for (int pid : proc.pids()) {
      proc.stat(pid)
          .filter(stat -> stat.parentPid() == parentPid)
          .ifPresent(stat -> children.add(stat.pid()));
    }
    return children;
  }

  /**
   * Those that live, each after its parent, by pid among one parent's. Orphans that have died are
   * reaped by the way.
   *
   * @param command the child somebody else waits for
   */
  List<ProcessStat> living(long command) {
    Map<Integer, List<ProcessStat>> byParent = new HashMap<>();
    for (int pid : new TreeSet<>(proc.pids())) {
      proc.stat(pid)
          .ifPresent(
              stat -> byParent.computeIfAbsent(stat.parentPid(), _ -> new ArrayList<>()).add(stat));
    }
    List<ProcessStat> found = new ArrayList<>();
    Deque<Integer> parents = new ArrayDeque<>(List.of(ourPid));
    while (!parents.isEmpty()) {
      for (ProcessStat child : byParent.getOrDefault(parents.remove(), List.of())) {
        if (!strangers.contains(child.pid())) {
          parents.add(child.pid());
          note(child, command, found);
        }
      }
    }
    return found;
  }

  private void note(ProcessStat process, long command, List<ProcessStat> found) {
    if (!process.zombie()) {
      found.add(process);
    } else if (process.parentPid() == ourPid && process.pid() != command) {
      boolean _ = LibC.reap(process.pid());
    }
  }

  /** Lets go: orphans are init's again. */
  @Override
  public void close() throws IOException {
    LibC.setChildSubreaper(reapedBefore);
  }
}
