package dev.elephantfolio.engine.notifier;

/**
 * A range of a process's memory that is being invalidated.
 *
 * @param startAddress the first byte address
 * @param endAddress one past the last; {@link #NO_END} for all that follows
 */
public record InvalidateRange(InvalidateEvent event, long startAddress, long endAddress) {
  /** An end beyond every address. */
  public static final long NO_END = Long.MAX_VALUE;

  /** Whether any byte of {@code [start, end)} lies in this range. */
  public boolean intersects(long start, long end) {
    return startAddress < end && start < endAddress;
  }

  @Override
  public String toString() {
    return "%s %x-%x".formatted(event, startAddress, endAddress);
  }
}
