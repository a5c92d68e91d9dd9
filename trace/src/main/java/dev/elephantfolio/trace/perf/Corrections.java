package dev.elephantfolio.trace.perf;

import java.util.HashMap;
import java.util.Map;

/** What later lines told of events that were put aside already, by the events' index. */
final class Corrections {
  private final Map<Long, String> mappedNames = new HashMap<>();
  private final Map<Long, Long> forkFlags = new HashMap<>();

  void nameMapping(long event, String name) {
    mappedNames.put(event, name);
  }

  void correctForkFlags(long event, long flags) {
    forkFlags.put(event, flags);
  }

  /** The name of the file an MMAP event maps; empty if no line told. */
  String mappedName(long event) {
    return mappedNames.getOrDefault(event, "");
  }

  /** The flags of a FORK event. */
  long forkFlags(long event, long known) {
    return forkFlags.getOrDefault(event, known);
  }
}
