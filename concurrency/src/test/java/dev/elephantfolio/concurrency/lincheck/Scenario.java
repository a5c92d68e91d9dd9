package dev.elephantfolio.concurrency.lincheck;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;

/** A given scenario: some calls first, then calls of several threads at once. */
final class Scenario {
  private final Class<?> structure;
  private final List<Actor> first = new ArrayList<>();
  private final List<List<Actor>> threads = new ArrayList<>();

  Scenario(Class<?> structure) {
    this.structure = structure;
  }

  /** A call that is over before the threads start. */
  Scenario first(String operation, Object... arguments) {
    first.add(actor(operation, arguments));
    return this;
  }

  /** A thread that makes one call. */
  Scenario thread(String operation, Object... arguments) {
    threads.add(List.of(actor(operation, arguments)));
    return this;
  }

  private Actor actor(String operation, Object... arguments) {
    for (Method method : structure.getMethods()) {
      if (method.getName().equals(operation) && !method.isBridge()) {
        return new Actor(method, List.of(arguments));
      }
    }
    throw new IllegalArgumentException(structure + " has no operation " + operation);
  }

  Class<?> structure() {
    return structure;
  }

  ExecutionScenario build() {
    return new ExecutionScenario(first, threads, List.of(), null);
  }
}
