package dev.elephantfolio.lab.replay;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;

/**
 * Which pages of an address space the program itself has used since they were last mapped, one bit
 * a page for written and one for read, in blocks of 2 MiB. Written pages are those that would have
 * memory of their own even without huge pages.
 */
final class TouchedPages {
  private static final int BLOCK_SHIFT = 9;
  private static final int REGION_SHIFT = 18;
  private static final int BLOCKS = 1 << (REGION_SHIFT - BLOCK_SHIFT);
  private static final int WORDS = (1 << BLOCK_SHIFT) / Long.SIZE;

  /** Of a block: first the words of written pages, then those of read ones. */
  private static final int READ = WORDS;

  private static final long[] UNTOUCHED = new long[0];

  /** What stands for a region without a touched page; never written to. */
  private static final long[][] NO_BLOCKS = untouchedBlocks();

  /** Blocks of 1 GiB each, by vpn >>> REGION_SHIFT. */
  private final TreeMap<Long, long[][]> regions = new TreeMap<>();

  private long lastRegion = -1;
  private long[][] lastBlocks = NO_BLOCKS;
  private long writtenCount;
  private long readCount;

  /** A copy for a forked child. */
  TouchedPages copy() {
    TouchedPages copy = new TouchedPages();
    regions.forEach((region, blocks) -> {
      long[][] copied = new long[BLOCKS][];
      for (int i = 0; i < BLOCKS; i++) {
        copied[i] = blocks[i].length == 0 ? UNTOUCHED : blocks[i].clone();
      }
      copy.regions.put(region, copied);
    });
    copy.writtenCount = writtenCount;
    copy.readCount = readCount;
    return copy;
  }

  long writtenBytes() {
    return writtenCount << 12;
  }

  /** Whether some page was marked as read. */
  boolean anyRead() {
    return readCount > 0;
  }

  boolean isWritten(long vpn) {
    long[] block = blocks(vpn)[blockIndex(vpn)];
    return block.length != 0 && (block[word(vpn)] & bit(vpn)) != 0;
  }

  void markWritten(long vpn) {
    long[] block = block(vpn);
    long bit = bit(vpn);
    writtenCount += (block[word(vpn)] & bit) == 0 ? 1 : 0;
    block[word(vpn)] |= bit;
  }

  void markRead(long vpn) {
    long[] block = block(vpn);
    long bit = bit(vpn);
    readCount += (block[READ + word(vpn)] & bit) == 0 ? 1 : 0;
    block[READ + word(vpn)] |= bit;
  }

  /** Marks pages from {@code startVpn} up to but not with {@code endVpn} as written. */
  void markWritten(long startVpn, long endVpn) {
    for (long vpn = startVpn; vpn < endVpn; vpn++) {
      markWritten(vpn);
    }
  }

  /** Forgets pages from {@code startVpn} up to but not with {@code endVpn}. */
  void clear(long startVpn, long endVpn) {
    if (startVpn >= endVpn) {
      return;
    }
    long firstRegion = startVpn >>> REGION_SHIFT;
    long lastRegionOfRange = (endVpn - 1) >>> REGION_SHIFT;
    for (Map.Entry<Long, long[][]> entry :
        regions.subMap(firstRegion, true, lastRegionOfRange, true).entrySet()) {
      clearInRegion(entry.getValue(), entry.getKey() << REGION_SHIFT, startVpn, endVpn);
    }
  }

  private void clearInRegion(long[][] blocks, long regionVpn, long startVpn, long endVpn) {
    int first = startVpn <= regionVpn ? 0 : blockIndex(startVpn);
    int last = endVpn >= regionVpn + (1L << REGION_SHIFT) ? BLOCKS - 1 : blockIndex(endVpn - 1);
    for (int i = first; i <= last; i++) {
      if (blocks[i].length != 0) {
        clearInBlock(blocks, i, regionVpn + ((long) i << BLOCK_SHIFT), startVpn, endVpn);
      }
    }
  }

  private void clearInBlock(long[][] blocks, int index, long blockVpn, long startVpn, long endVpn) {
    long[] block = blocks[index];
    for (int w = 0; w < WORDS; w++) {
      long keep = ~maskOf(blockVpn + (long) w * Long.SIZE, startVpn, endVpn);
      writtenCount -= Long.bitCount(block[w] & ~keep);
      readCount -= Long.bitCount(block[READ + w] & ~keep);
      block[w] &= keep;
      block[READ + w] &= keep;
    }
    if (startVpn <= blockVpn && endVpn >= blockVpn + (1 << BLOCK_SHIFT)) {
      blocks[index] = UNTOUCHED;
    }
  }

  /** The bits of the 64 pages from {@code wordVpn} on that lie in the range. */
  private static long maskOf(long wordVpn, long startVpn, long endVpn) {
    long from = Math.max(startVpn - wordVpn, 0);
    long to = Math.min(endVpn - wordVpn, Long.SIZE);
    if (from >= to) {
      return 0;
    }
    return (-1L >>> (Long.SIZE - (to - from))) << from;
  }

  /** What was known of {@code pages} pages at one place is now known of them at another. */
  void move(long oldVpn, long newVpn, long pages) {
    TouchedPages moved = new TouchedPages();
    for (long i = 0; i < pages; i++) {
      long[] block = blocks(oldVpn + i)[blockIndex(oldVpn + i)];
      if (block.length == 0) {
        i += (1 << BLOCK_SHIFT) - 1 - ((oldVpn + i) & ((1 << BLOCK_SHIFT) - 1));
        continue;
      }
      int word = word(oldVpn + i);
      if ((block[word] & bit(oldVpn + i)) != 0) {
        moved.markWritten(newVpn + i);
      }
      if ((block[READ + word] & bit(oldVpn + i)) != 0) {
        moved.markRead(newVpn + i);
      }
    }
    clear(oldVpn, oldVpn + pages);
    moved.forEachPage(0, this::markWritten);
    moved.forEachPage(READ, this::markRead);
  }

  /** Forgets every page that the test does not hold for. */
  void keepIf(LongPredicate vpnTest) {
    TouchedPages dropped = new TouchedPages();
    forEachPage(0, vpn -> dropped.markUnless(vpnTest, vpn));
    forEachPage(READ, vpn -> dropped.markUnless(vpnTest, vpn));
    dropped.forEachPage(0, vpn -> clear(vpn, vpn + 1));
  }

  private void markUnless(LongPredicate vpnTest, long vpn) {
    if (!vpnTest.test(vpn)) {
      markWritten(vpn);
    }
  }

  /** How many pages were read but never written and pass the test. */
  long countReadOnly(LongPredicate vpnTest) {
    long[] count = new long[1];
    forEachPage(
        READ,
        vpn -> {
          if (!isWritten(vpn) && vpnTest.test(vpn)) {
            count[0]++;
          }
        });
    return count[0];
  }

  private interface PageAction {
    void accept(long vpn);
  }

  private void forEachPage(int kind, PageAction action) {
    for (Map.Entry<Long, long[][]> entry : regions.entrySet()) {
      long vpn = entry.getKey() << REGION_SHIFT;
      for (long[] block : entry.getValue()) {
        if (block.length != 0) {
          forEachPage(block, kind, vpn, action);
        }
        vpn += 1 << BLOCK_SHIFT;
      }
    }
  }

  private static void forEachPage(long[] block, int kind, long blockVpn, PageAction action) {
    for (int w = 0; w < WORDS; w++) {
      for (long bits = block[kind + w]; bits != 0; bits &= bits - 1) {
        action.accept(blockVpn + (long) w * Long.SIZE + Long.numberOfTrailingZeros(bits));
      }
    }
  }

  private long[] block(long vpn) {
    long[][] blocks = blocks(vpn);
    int index = blockIndex(vpn);
    if (blocks[index].length == 0) {
      if (!regions.containsKey(vpn >>> REGION_SHIFT)) {
        blocks = addRegion(vpn >>> REGION_SHIFT);
      }
      blocks[index] = new long[2 * WORDS];
    }
    return blocks[index];
  }

  private static long[][] untouchedBlocks() {
    long[][] blocks = new long[BLOCKS][];
    Arrays.fill(blocks, UNTOUCHED);
    return blocks;
  }

  private long[][] blocks(long vpn) {
    long region = vpn >>> REGION_SHIFT;
    if (region != lastRegion) {
      lastBlocks = regions.getOrDefault(region, NO_BLOCKS);
      lastRegion = region;
    }
    return lastBlocks;
  }

  private long[][] addRegion(long region) {
    long[][] blocks = untouchedBlocks();
    regions.put(region, blocks);
    lastRegion = region;
    lastBlocks = blocks;
    return blocks;
  }

  private static int blockIndex(long vpn) {
    return (int) (vpn >>> BLOCK_SHIFT) & (BLOCKS - 1);
  }

  private static int word(long vpn) {
    return (int) (vpn >>> 6) & (WORDS - 1);
  }

  private static long bit(long vpn) {
    return 1L << vpn;
  }
}
