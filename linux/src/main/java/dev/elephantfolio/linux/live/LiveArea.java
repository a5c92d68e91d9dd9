package dev.elephantfolio.linux.live;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An entry of smaps.
 *
 * @param permissions as in {@code maps}: {@code rw-p}
 * @param name of the file, {@code [heap]}, or empty
 * @param fields every figure in the kernel's order: bytes, but for {@code THPeligible}, which is 1
 *     or 0
 * @param flags the letters of VmFlags, in the kernel's order
 */
public record LiveArea(
    long startAddress,
    long endAddress,
    String permissions,
    String name,
    Map<String, Long> fields,
    List<String> flags) {
  public LiveArea {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    flags = List.copyOf(flags);
  }

  /** A figure by the kernel's name; 0 when this kernel does not have it. */
  public long field(String name) {
    return fields.getOrDefault(name, 0L);
  }
}
