package dev.elephantfolio.engine.sync;

/** Hashing of long numbers. */
final class Mix {
  private static final long FIRST = 0x9E3779B97F4A7C15L;
  private static final long SECOND = 0xBF58476D1CE4E5B9L;
  private static final long THIRD = 0x94D049BB133111EBL;

  private Mix() {}

  /** A hash of a hash and one more number. */
  static long mix(long hash, long value) {
    long mixed = (hash + FIRST) ^ (value * SECOND + Long.rotateLeft(hash, 23));
    mixed = (mixed ^ (mixed >>> 30)) * SECOND;
    mixed = (mixed ^ (mixed >>> 27)) * THIRD;
    return mixed ^ (mixed >>> 31);
  }
}
