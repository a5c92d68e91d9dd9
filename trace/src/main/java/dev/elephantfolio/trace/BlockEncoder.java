package dev.elephantfolio.trace;

/** Turns the columns of an {@link EventBlock} into bytes; the inverse of {@link BlockDecoder}. */
final class BlockEncoder {
  private BlockEncoder() {}

  /** Appends the block's columns. {@code baseNanos} is the time the first delta counts from. */
  static void encode(EventBlock block, long baseNanos, ByteSink sink) {
    sink.raw(block.kinds, 0, block.count);
    times(block, baseNanos, sink);
    for (int i = 0; i < block.count; i++) {
      sink.varint(block.threads[i]);
    }
    addresses(block, sink);
    for (int i = 0; i < block.count; i++) {
      sink.varint(block.second[i]);
    }
    for (int i = 0; i < block.restCount; i++) {
      sink.zigzag(block.rest[i]);
    }
  }

  private static void times(EventBlock block, long baseNanos, ByteSink sink) {
    long previousNanos = baseNanos;
    for (int i = 0; i < block.count; i++) {
      sink.varint(block.timesNanos[i] - previousNanos);
      previousNanos = block.timesNanos[i];
    }
  }

  private static void addresses(EventBlock block, ByteSink sink) {
    long previous = 0;
    for (int i = 0; i < block.count; i++) {
      sink.zigzag(block.first[i] - previous);
      previous = block.first[i];
    }
  }
}
