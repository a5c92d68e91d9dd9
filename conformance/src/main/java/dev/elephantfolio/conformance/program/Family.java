package dev.elephantfolio.conformance.program;

import dev.elephantfolio.lab.scenario.Call;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which processes of a program live, and which of them wait for a vfork child: who may do the next
 * step. Used by one thread.
 */
public final class Family {
  private final Set<String> living = new LinkedHashSet<>();

  /** The parent that waits, by the child it waits for. */
  private final Map<String, String> waiting = new HashMap<>();

  public void started(String process) {
    living.add(process);
  }

  /** The process has made that call, and it went well. */
  public void called(String process, Call call) {
    switch (call) {
      case Call.Fork(String child) -> living.add(child);
      case Call.Vfork(String child) -> {
        living.add(child);
        waiting.put(child, process);
      }
      case Call.Exec _ -> waiting.remove(process);
      case Call.Exit _ -> {
        living.remove(process);
        waiting.remove(process);
      }
      default -> {}
    }
  }

  /** Whether it lives and waits for nobody. */
  public boolean mayCall(String process) {
    return living.contains(process) && !waiting.containsValue(process);
  }

  /** Those that may call, oldest first. */
  public List<String> callers() {
    List<String> callers = new ArrayList<>(living);
    callers.removeAll(waiting.values());
    return callers;
  }

  public int size() {
    return living.size();
  }

  /** The name of the process that came that far down the list: A, B, …, Z, then P26 and on. */
  public static String name(int number) {
    return number < 26 ? String.valueOf((char) ('A' + number)) : "P" + number;
  }

  /** A vfork child that somebody waits for, if there is one. */
  @Nullable String borrower() {
    return waiting.isEmpty() ? null : waiting.keySet().iterator().next();
  }
}
