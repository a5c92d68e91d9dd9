package dev.elephantfolio.engine.mm;

/**
 * The resource limits that memory calls look at, in bytes. A negative value (the kernel's
 * RLIM_INFINITY read as a signed number) is taken as {@link #UNLIMITED}.
 *
 * @param addressSpaceBytes RLIMIT_AS: all mappings together
 * @param dataBytes RLIMIT_DATA: private writable mappings, the heap among them
 * @param stackBytes RLIMIT_STACK: how far a stack may grow
 * @param memlockBytes RLIMIT_MEMLOCK: what a process without CAP_IPC_LOCK may lock
 */
public record Limits(long addressSpaceBytes, long dataBytes, long stackBytes, long memlockBytes) {
  public static final long UNLIMITED = Long.MAX_VALUE;

  private static final long DEFAULT_STACK_BYTES = 8L << 20;
  private static final long DEFAULT_MEMLOCK_BYTES = 8L << 20;

  public Limits {
    addressSpaceBytes = normalise(addressSpaceBytes);
    dataBytes = normalise(dataBytes);
    stackBytes = normalise(stackBytes);
    memlockBytes = normalise(memlockBytes);
  }

  /** What Linux gives its first process: 8 MiB of stack and of locked memory, else no limit. */
  public static Limits standard() {
    return new Limits(UNLIMITED, UNLIMITED, DEFAULT_STACK_BYTES, DEFAULT_MEMLOCK_BYTES);
  }

  public Limits withAddressSpace(long bytes) {
    return new Limits(bytes, dataBytes, stackBytes, memlockBytes);
  }

  public Limits withData(long bytes) {
    return new Limits(addressSpaceBytes, bytes, stackBytes, memlockBytes);
  }

  public Limits withStack(long bytes) {
    return new Limits(addressSpaceBytes, dataBytes, bytes, memlockBytes);
  }

  public Limits withMemlock(long bytes) {
    return new Limits(addressSpaceBytes, dataBytes, stackBytes, bytes);
  }

  private static long normalise(long bytes) {
    return bytes < 0 ? UNLIMITED : bytes;
  }
}
