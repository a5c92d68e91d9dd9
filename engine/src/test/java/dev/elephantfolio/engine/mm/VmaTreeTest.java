package dev.elephantfolio.engine.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Seeds;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The tree against a TreeMap of ranges. */
class VmaTreeTest {
  private static final int PAGES = 3000;
  private static final long PAGE = MmFixture.PAGE;

  private record Range(long end, Vma vma) {}

  private final AddressSpace mm = new MmFixture().mm;
  private final VmaTree tree = new VmaTree();
  private final TreeMap<Long, Range> model = new TreeMap<>();

  @Test
  void anEmptyTreeHasNothingButGap() {
    assertNull(tree.find(0));
    assertNull(tree.at(0));
    assertNull(tree.first());
    assertNull(tree.last());
    assertNull(tree.before(Long.MAX_VALUE));
    assertEquals(100, tree.highestGapEnd(0, 100, 100));
    assertEquals(0, tree.lowestGapStart(0, 100, 100));
    assertEquals(VmaTree.NO_GAP, tree.highestGapEnd(0, 100, 101));
    assertEquals(VmaTree.NO_GAP, tree.lowestGapStart(0, 100, 101));
  }

  @Test
  void agreesWithATreeMap() {
    Random random = new Random(Seeds.next("VmaTreeTest"));
    for (int step = 0; step < 20_000; step++) {
      // Long stretches of mostly storing and mostly clearing, so that chunks split and join.
      boolean growing = step / 4000 % 2 == 0;
      long start = random.nextInt(PAGES) * PAGE;
      long end = start + (1 + random.nextInt(growing ? 3 : 40)) * PAGE;
      if (random.nextInt(10) < (growing ? 9 : 3)) {
        store(start, end);
      } else {
        clear(start, end);
      }
      compareAt(random);
      if (step % 500 == 0) {
        compareAll();
      }
    }
    clear(0, Long.MAX_VALUE);
    compareAll();
  }

  private void store(long start, long end) {
    Vma vma = new Vma(mm, start, end, 0, 0, null);
    cutOut(start, end);
    model.put(start, new Range(end, vma));
    tree.store(vma);
  }

  private void clear(long start, long end) {
    cutOut(start, end);
    tree.clear(start, end);
  }

  /** What a range store leaves of what it overlaps; areas themselves keep their ranges. */
  private void cutOut(long start, long end) {
    Map.Entry<Long, Range> below = model.lowerEntry(start);
    if (below != null && below.getValue().end > start) {
      Range cut = below.getValue();
      model.put(below.getKey(), new Range(start, cut.vma));
      if (cut.end > end) {
        model.put(end, cut);
      }
    }
    Map.Entry<Long, Range> last = model.lowerEntry(end);
    if (last != null && last.getKey() >= start && last.getValue().end > end) {
      model.put(end, last.getValue());
    }
    model.subMap(start, end).clear();
  }

  private void compareAt(Random random) {
    long address = random.nextInt(PAGES + 50) * PAGE + random.nextInt(2) * 5L;
    assertSame(modelAt(address), tree.at(address));
    assertSame(modelFind(address), tree.find(address));
    Map.Entry<Long, Range> below = model.lowerEntry(address);
    assertSame(below == null ? null : below.getValue().vma, tree.before(address));
    long low = random.nextInt(PAGES) * PAGE;
    long high = low + random.nextInt(PAGES) * PAGE;
    long length = (1 + random.nextInt(random.nextBoolean() ? 4 : 60)) * PAGE;
    assertEquals(modelLowestGap(low, high, length), tree.lowestGapStart(low, high, length));
    assertEquals(modelHighestGap(low, high, length), tree.highestGapEnd(low, high, length));
  }

  private void compareAll() {
    assertEquals(model.size(), tree.size());
    Vma[] all = tree.toArray();
    int i = 0;
    for (Range range : model.values()) {
      assertSame(range.vma, all[i++]);
    }
    assertSame(model.isEmpty() ? null : model.firstEntry().getValue().vma, tree.first());
    assertSame(model.isEmpty() ? null : model.lastEntry().getValue().vma, tree.last());
  }

  private @Nullable Vma modelAt(long address) {
    Map.Entry<Long, Range> floor = model.floorEntry(address);
    return floor != null && floor.getValue().end > address ? floor.getValue().vma : null;
  }

  private @Nullable Vma modelFind(long address) {
    Vma there = modelAt(address);
    Map.Entry<Long, Range> above = model.ceilingEntry(address);
    return there != null || above == null ? there : above.getValue().vma;
  }

  private long modelLowestGap(long low, long high, long length) {
    long at = low;
    for (Map.Entry<Long, Range> entry : model.entrySet()) {
      if (Math.min(entry.getKey(), high) - at >= length) {
        return at;
      }
      at = Math.max(at, entry.getValue().end);
    }
    return high - at >= length ? at : VmaTree.NO_GAP;
  }

  private long modelHighestGap(long low, long high, long length) {
    long at = high;
    for (Map.Entry<Long, Range> entry : model.descendingMap().entrySet()) {
      if (at - Math.max(entry.getValue().end, low) >= length) {
        return at;
      }
      at = Math.min(at, entry.getKey());
    }
    return at - low >= length ? at : VmaTree.NO_GAP;
  }

  /** A reader sees the area before or after a change, never a hole between. */
  @Test
  void aReaderNeverMissesWhatIsReplaced() throws InterruptedException {
    for (int page = 0; page < 500; page++) {
      store(page * PAGE, (page + 1) * PAGE);
    }
    AtomicBoolean done = new AtomicBoolean();
    AtomicBoolean missed = new AtomicBoolean();
    Thread reader =
        new Thread(() -> {
          for (int i = 0; !done.get(); i++) {
            if (tree.at(i % 500 * PAGE) == null) {
              missed.set(true);
            }
          }
        });
    reader.start();
    Random random = new Random(Seeds.next("VmaTreeTest.reader"));
    for (int i = 0; i < 20_000; i++) {
      long start = random.nextInt(490) * PAGE;
      store(start, start + (1 + random.nextInt(5)) * PAGE);
    }
    done.set(true);
    reader.join();
    assertTrue(!missed.get(), "a reader found a hole where there never was one");
  }
}
