package dev.elephantfolio.engine.frame;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Cpus;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What the memory map costs, by the sizes of the JVM's objects (compressed references). */
class MetadataSizeTest {
  private static final int OBJECT_HEADER = 12;
  private static final int ARRAY_HEADER = 16;
  private static final int REFERENCE = 4;
  private static final long FRAMES_PER_TIB = 1L << 28;

  private static double roundedUp(double bytes) {
    return Math.ceil(bytes / 8) * 8;
  }

  @Test
  void aFrameCostsAtMost32Bytes() {
    FrameBlock block = new FrameBlock(true);
    double bytes =
        roundedUp(OBJECT_HEADER + 2 * REFERENCE + 1)
            + ARRAY_HEADER
            + 4.0 * block.ints.length
            + ARRAY_HEADER
            + 8.0 * block.mappings.length
            + sectionBytesPerBlock();
    double perFrame = bytes / FrameBlock.FRAMES;
    assertTrue(perFrame > 28 && perFrame <= 32, perFrame + " bytes");
  }

  /** A block's record, and the reference to its frames. */
  private static double sectionBytesPerBlock() {
    Section section = new Section();
    double bytes =
        roundedUp(OBJECT_HEADER + 4 * REFERENCE)
            + 3 * ARRAY_HEADER
            + 4.0 * section.ints.length
            + 8.0 * section.mappings.length
            + section.migrateTypes.length
            + REFERENCE;
    return bytes / Section.BLOCKS + REFERENCE;
  }

  @Test
  void aWholeBlockCostsAtMost64Bytes() {
    double perBlock = sectionBytesPerBlock();
    assertTrue(perBlock > 56 && perBlock <= 64, perBlock + " bytes");
  }

  @Test
  void aTebibyteCostsLittleUntilUsedAndLittleWhenHuge() {
    long empty =
        allocatedBytes(() -> new PageAllocator(new MemMap(FRAMES_PER_TIB), new Cpus(8), 0));
    assertTrue(empty < 20_000_000, empty + " bytes for an unused TiB");
    PageAllocator pages = new PageAllocator(new MemMap(FRAMES_PER_TIB), new Cpus(1), 0);
    long full = allocatedBytes(() -> fill(pages));
    assertTrue(full < 100_000_000, full + " bytes for a TiB of huge pages");
    assertTrue(pages.freePages() < FRAMES_PER_TIB / 100, pages.freePages() + " left free");
  }

  private static void fill(PageAllocator pages) {
    int last;
    do {
      last = pages.allocate(9, GfpFlags.TRANSHUGE);
    } while (last != 0);
  }

  private static long allocatedBytes(Runnable action) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    action.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
