package dev.elephantfolio.engine.stat;

import java.util.List;

/**
 * One entry of {@code /proc/PID/smaps}.
 *
 * @param startAddress first byte address
 * @param endAddress one past the last
 * @param permissions as in {@code maps}: {@code rw-p}
 * @param offsetBytes into the file; 0 for anonymous memory
 * @param name of the file, {@code [heap]}, {@code [stack]}, a given name, or empty
 * @param memory what is mapped there
 * @param thpEligible whether some size of huge page may be mapped there now
 * @param flags the two-letter codes of VmFlags, in the kernel's order
 */
public record VmaSmaps(
    long startAddress,
    long endAddress,
    String permissions,
    long offsetBytes,
    String name,
    Smaps memory,
    boolean thpEligible,
    List<String> flags) {
  public VmaSmaps {
    flags = List.copyOf(flags);
  }

  public long sizeBytes() {
    return endAddress - startAddress;
  }
}
