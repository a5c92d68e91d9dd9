package dev.elephantfolio.linux.proc;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The sums over all of a process's memory that {@code /proc/PID/smaps_rollup} prints, in bytes,
 * under the kernel's names ({@code Rss}, {@code Anonymous}, {@code AnonHugePages}, ...).
 */
public record SmapsRollup(Map<String, Long> fieldBytes) {
  private static final long KIB = 1024;

  public SmapsRollup {
    fieldBytes = Collections.unmodifiableMap(new LinkedHashMap<>(fieldBytes));
  }

  /** Reads the file's text; empty when it holds no field, as for a process that is exiting. */
  public static Optional<SmapsRollup> parse(String text) {
    Map<String, Long> fields = new LinkedHashMap<>();
    text.lines().forEach(line -> parseLine(line, fields));
    return fields.isEmpty() ? Optional.empty() : Optional.of(new SmapsRollup(fields));
  }

  private static void parseLine(String line, Map<String, Long> fields) {
    int colon = line.indexOf(':');
    if (colon > 0 && line.endsWith(" kB")) {
      String figure = line.substring(colon + 1, line.length() - 3).strip();
      fields.put(line.substring(0, colon), Long.parseLong(figure) * KIB);
    }
  }

  /** A field by the kernel's name; 0 when this kernel does not print it. */
  public long bytes(String field) {
    return fieldBytes.getOrDefault(field, 0L);
  }

  /** Everything resident. */
  public long rssBytes() {
    return bytes("Rss");
  }

  /** Resident memory that belongs to no file. */
  public long anonymousBytes() {
    return bytes("Anonymous");
  }

  /** Anonymous memory mapped by huge page-table entries. */
  public long anonHugePagesBytes() {
    return bytes("AnonHugePages");
  }
}
