package dev.elephantfolio.lab.scenario;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which processes a scenario has at a point, and which of them may do something.
 *
 * <pre>
 *  a process   | may call | shows in snapshots
 *  ------------+----------+-------------------
 *  unknown     | no       | no
 *  alive       | yes      | yes
 *  suspended   | no       | yes: until its vfork child execs or exits
 *  gone        | no       | no: its name may be given again
 * </pre>
 */
final class Processes {
  /** Words that a line, or an expectation, may begin with instead of a process. */
  static final List<String> LINE_WORDS =
      List.of("machine", "set", "process", "khugepaged", "drop_caches", "snapshot", "expect");

  private static final List<String> EXPECTATION_WORDS = List.of("vmstat", "group");

  /** Each living process, and the parent that waits for it; none where nobody does. */
  private final Map<String, Optional<String>> waitingParents = new HashMap<>();

  private final Map<String, String> gone = new HashMap<>();
  private final Holds holds = new Holds();

  /** What the processes hold. */
  Holds holds() {
    return holds;
  }

  /** Why no process of that name can be started; empty when one can. */
  Optional<String> whyNotStart(String process) {
    if (waitingParents.containsKey(process)) {
      return Optional.of("there is a process '" + process + "' already");
    }
    boolean reserved =
        LINE_WORDS.contains(process)
            || EXPECTATION_WORDS.contains(process)
            || LaterWords.isLineWord(process);
    return reserved
        ? Optional.of("'" + process + "' is a word of the language, not a process's name")
        : Optional.empty();
  }

  /** Why the process cannot be looked at; empty when it can. */
  Optional<String> whyNotThere(String process) {
    if (waitingParents.containsKey(process)) {
      return Optional.empty();
    }
    String end = gone.get(process);
    return Optional.of(
        end == null ? "there is no process '" + process + "'" : "'" + process + "' " + end);
  }

  /** Why the process cannot call anything; empty when it can. */
  Optional<String> whyNotCall(String process) {
    return whyNotThere(process).or(() -> childOf(process).map(child -> suspended(process, child)));
  }

  private static String suspended(String process, String child) {
    return "'" + process + "' is suspended until '" + child + "' execs or exits";
  }

  private Optional<String> childOf(String parent) {
    return waitingParents.entrySet().stream()
        .filter(child -> child.getValue().equals(Optional.of(parent)))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  void start(String process) {
    waitingParents.put(process, Optional.empty());
  }

  /** The process has called, and it ended with {@code outcome}. */
  void called(String process, Call call, String outcome) {
    boolean made = outcome.equals(Outcome.OK_WORD) || outcome.equals(Expected.ANY.word());
    holds.called(process, call, made);
    switch (call) {
      case Call.Fork(String child) -> fork(child, Optional.empty(), made);
      case Call.Vfork(String child) -> fork(child, Optional.of(process), made);
      case Call.Exec _ -> {
        if (made) {
          waitingParents.put(process, Optional.empty());
        }
      }
      case Call.Exit _ -> {
        waitingParents.remove(process);
        gone.put(process, "has exited");
      }
      default -> {}
    }
  }

  private void fork(String child, Optional<String> waitingParent, boolean made) {
    if (made) {
      waitingParents.put(child, waitingParent);
    } else {
      gone.put(child, "was never there: its fork failed");
    }
  }
}
