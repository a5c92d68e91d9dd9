package dev.elephantfolio.engine.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The records of the 512 blocks of one GiB, for blocks that are whole: 57 bytes each.
 *
 * <p>A block is whole while it is free at order 9 or more, has never been used, or belongs to one
 * folio of order 9 or more. A record of the first block of such a folio holds all the folio has;
 * those of its other blocks hold its order, and the page flags of their first frame. While a block
 * is not whole its record is all zeros.
 *
 * <p>FLAGS and REF stand where a {@link FrameBlock} has them, and NEXT and PREV too.
 */
final class Section {
  private static final int BLOCK_BITS = 9;
  static final int BLOCKS = 1 << BLOCK_BITS;
  static final int BLOCK_MASK = BLOCKS - 1;

  /** How far apart neighbours are kept, as a power of two. */
  private static final int APART_BITS = 5;

  private static final int NEIGHBOURS_MASK = (1 << (BLOCK_BITS - APART_BITS)) - 1;

  /** A pfn's bits below its section number. */
  static final int SHIFT = 18;

  static final int FLAGS = FrameBlock.FLAGS;
  static final int REF = FrameBlock.REF;
  static final int ENTIRE_MAP_COUNT = 2;
  static final int NEXT = FrameBlock.NEXT;
  static final int PREV = FrameBlock.PREV;
  static final int LARGE_MAP_COUNT = 5;
  static final int PAGES_MAPPED = 6;
  static final int DEFERRED_NEXT = 7;
  static final int DEFERRED_PREV = 8;
  static final int MM_ID = 9;
  static final int MM_COUNTS = 11;
  static final int STRIDE = 12;

  private static final VarHandle PINS;

  static {
    try {
      PINS = MethodHandles.lookup().findVarHandle(Section.class, "pins", int[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final int[] ints = new int[BLOCKS * STRIDE];
  final long[] mappings = new long[BLOCKS];

  /** The MigrateType of each block, whole or not. Written under the ZONE lock. */
  final byte[] migrateTypes = new byte[BLOCKS];

  /** The pinCount of each block; there once one has been pinned. Published by compare-and-set. */
  private volatile int @Nullable [] pins;

  Section() {
    Arrays.fill(migrateTypes, (byte) MigrateType.MOVABLE.index);
  }

  /**
   * Where the block of {@code pfn} is kept among the {@link #BLOCKS}. Neighbours in memory are
   * often different processes', and each pin writes here: they lie 32 places apart, so that they
   * share no cache line even in {@link #pins}.
   */
  static int block(int pfn) {
    int number = (pfn >>> FrameBlock.ORDER) & BLOCK_MASK;
    return ((number & NEIGHBOURS_MASK) << APART_BITS) | (number >>> (BLOCK_BITS - APART_BITS));
  }

  static int base(int pfn) {
    return block(pfn) * STRIDE;
  }

  int @Nullable [] pinsOrNull() {
    return pins;
  }

  int[] pins() {
    int[] found = pinsOrNull();
    if (found != null) {
      return found;
    }
    int[] made = new int[BLOCKS];
    int[] winner = (int[]) PINS.compareAndExchange(this, (int[]) null, made);
    return winner == null ? made : winner;
  }
}
