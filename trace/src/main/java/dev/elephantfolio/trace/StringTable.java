package dev.elephantfolio.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Numbers the strings of a recording; the empty one is 0. */
final class StringTable {
  private final List<String> strings = new ArrayList<>(List.of(""));
  private final Map<String, Integer> ids = new HashMap<>(Map.of("", 0));

  int size() {
    return strings.size();
  }

  String get(int id) {
    return strings.get(id);
  }

  int idOf(String string) {
    Integer known = ids.get(string);
    if (known != null) {
      return known;
    }
    add(string);
    return strings.size() - 1;
  }

  void add(String string) {
    ids.put(string, strings.size());
    strings.add(string);
  }
}
