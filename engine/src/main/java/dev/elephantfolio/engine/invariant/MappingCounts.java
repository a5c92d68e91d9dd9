package dev.elephantfolio.engine.invariant;

import org.jspecify.annotations.Nullable;

/**
 * Mappings counted entry by entry, in arrays by frame that exist only where something is mapped.
 */
final class MappingCounts {
  private static final int BLOCK_FRAMES = 512;
  private static final int BLOCK_SHIFT = 9;

  /** Owners beyond this many share the last bit; two of them still show as shared elsewhere. */
  private static final int OWNER_BITS = 64;

  /** The counts of one 2 MiB block. */
  private static final class Block {
    final int[] small = new int[BLOCK_FRAMES];
    final long[] owners = new long[BLOCK_FRAMES];
    int huge;
  }

  private final @Nullable Block[] blocks;

  MappingCounts(long frames) {
    blocks = new Block[(int) ((frames + BLOCK_FRAMES - 1) >>> BLOCK_SHIFT)];
  }

  private Block block(int pfn) {
    int index = pfn >>> BLOCK_SHIFT;
    Block block = blocks[index];
    if (block == null) {
      block = new Block();
      blocks[index] = block;
    }
    return block;
  }

  /** Counts a PTE of the {@code owner}th address space. */
  void addSmall(int page, int head, int owner) {
    block(page).small[page & (BLOCK_FRAMES - 1)]++;
    addOwner(head, owner);
  }

  /** Counts a PMD. */
  void addHuge(int head, int owner) {
    block(head).huge++;
    addOwner(head, owner);
  }

  private void addOwner(int head, int owner) {
    block(head).owners[head & (BLOCK_FRAMES - 1)] |= 1L << Math.min(owner, OWNER_BITS - 1);
  }

  int small(int page) {
    Block block = blocks[page >>> BLOCK_SHIFT];
    return block == null ? 0 : block.small[page & (BLOCK_FRAMES - 1)];
  }

  int huge(int head) {
    Block block = blocks[head >>> BLOCK_SHIFT];
    boolean first = (head & (BLOCK_FRAMES - 1)) == 0;
    return block == null || !first ? 0 : block.huge;
  }

  int owners(int head) {
    Block block = blocks[head >>> BLOCK_SHIFT];
    return block == null ? 0 : Long.bitCount(block.owners[head & (BLOCK_FRAMES - 1)]);
  }

  boolean isMapped(int head) {
    return owners(head) > 0;
  }

  /** Called with the head of each folio that something maps. */
  interface Visitor {
    void visit(int head);
  }

  void forEachFolio(Visitor visitor) {
    for (int index = 0; index < blocks.length; index++) {
      Block block = blocks[index];
      for (int i = 0; block != null && i < BLOCK_FRAMES; i++) {
        if (block.owners[i] != 0) {
          visitor.visit((index << BLOCK_SHIFT) + i);
        }
      }
    }
  }
}
