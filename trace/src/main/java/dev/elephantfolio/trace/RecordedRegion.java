package dev.elephantfolio.trace;

/**
 * One region of a memory map, as a REGION event tells it.
 *
 * @param start address of its first byte
 * @param lengthBytes its length; 0 only for {@link RegionKind#HEAP}
 * @param prot {@code PROT_} bits
 * @param flags {@code MAP_} bits: MAP_SHARED or MAP_PRIVATE, MAP_ANONYMOUS, MAP_GROWSDOWN
 * @param kind what it is
 * @param fileOffsetBytes where in its file it starts
 * @param name the file's path or the kernel's name such as {@code [vdso]}; empty when unknown
 * @param inferred whether no record says so: the importer concluded it
 */
public record RecordedRegion(
    long start,
    long lengthBytes,
    int prot,
    int flags,
    RegionKind kind,
    long fileOffsetBytes,
    String name,
    boolean inferred) {

  /** The address just past its last byte. */
  public long end() {
    return start + lengthBytes;
  }
}
