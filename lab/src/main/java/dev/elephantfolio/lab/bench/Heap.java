package dev.elephantfolio.lab.bench;

import java.lang.ref.Reference;

/** How full Java's heap is. */
final class Heap {
  private static final int COLLECTIONS_MAX = 4;
  private static final long STEADY_BYTES = 1 << 16;

  private Heap() {}

  /** Bytes in use once garbage is gone. */
  static long usedBytes() {
    long used = collected();
    for (int i = 1; i < COLLECTIONS_MAX; i++) {
      long again = collected();
      if (Math.abs(used - again) < STEADY_BYTES) {
        return again;
      }
      used = again;
    }
    return used;
  }

  private static long collected() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** The same, with that object and all it refers to. */
  static long usedBytesWith(Object held) {
    try {
      return usedBytes();
    } finally {
      Reference.reachabilityFence(held);
    }
  }
}
