package dev.elephantfolio.engine.gup;

import static dev.elephantfolio.engine.gup.GupFixture.PAGE;
import static dev.elephantfolio.engine.gup.GupFixture.errno;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.fault.FaultCount;
import dev.elephantfolio.engine.fault.FaultHandler;
import dev.elephantfolio.engine.mm.MmContext;
import dev.elephantfolio.engine.mm.PageTableRanges;
import dev.elephantfolio.engine.mm.VmaLookup;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Long pins of pages that may not stay where they are. */
final class LongtermSeamTest {
  private static final int LONG = GupFlags.LONGTERM | GupFlags.WRITE;

  private final GupFixture f = new GupFixture();
  private final Set<Integer> movable = new HashSet<>();
  private int moves;

  /** Makes pages stay by a word, where Linux would copy them elsewhere. */
  private final class Mover implements LongtermSeam {
    final boolean moves;

    Mover(boolean moves) {
      this.moves = moves;
    }

    @Override
    public boolean mayStay(int head) {
      return !movable.contains(head);
    }

    @Override
    public boolean moveAway(int[] pfns, int count) {
      LongtermSeamTest.this.moves++;
      for (int i = 0; i < count; i++) {
        assertEquals(1, f.refCount(pfns[i]), "not held while it moves");
      }
      movable.clear();
      return moves;
    }
  }

  private Gup gup(boolean moves) {
    var kernel = f.machine.kernel();
    FaultHandler[] faults = new FaultHandler[1];
    PageTableRanges ranges = new PageTableRanges(kernel, f.machine.khugepaged(), () -> faults[0]);
    MmContext context = new MmContext(kernel.vm(), kernel.committed(), kernel.anonVmas(), ranges);
    faults[0] = new FaultHandler(kernel, new VmaLookup(context), f.machine.khugepaged());
    return new Gup(kernel, faults[0], new Mover(moves));
  }

  private long pages() {
    long at = f.map(4 * PAGE);
    GupFixture.fill(f.process, at, 4 * PAGE, 1);
    f.drain();
    return at;
  }

  @Test
  void arePinnedAfterTheyWereMoved() {
    long at = pages();
    movable.add(f.pfn(at + 2 * PAGE));
    PinnedPages pins = gup(true).pin(f.process.memory(), at, 4 * PAGE, LONG, uncounted());
    assertEquals(1, moves);
    assertEquals(4, pins.count());
    f.check();
    pins.unpin();
    f.finish();
  }

  @Test
  void areRefusedWhenTheyCannotMove() {
    long at = pages();
    movable.add(f.pfn(at));
    Gup gup = gup(false);
    assertEquals(
        Optional.of(Errno.ENOMEM),
        errno(() -> gup.pin(f.process.memory(), at, 4 * PAGE, LONG, uncounted())));
    f.finish();
  }

  /** What was had without a lock before the page that cannot move is kept. */
  @Test
  void endARangeWhenTheyCannotMove() {
    long at = pages();
    movable.add(f.pfn(at + 2 * PAGE));
    PinnedPages pins = gup(false).pin(f.process.memory(), at, 4 * PAGE, LONG, uncounted());
    assertEquals(2, pins.count());
    pins.unpin();
    f.finish();
  }

  @Test
  void matterToLongPinsOnly() {
    long at = pages();
    movable.add(f.pfn(at));
    gup(false).pin(f.process.memory(), at, PAGE, GupFlags.WRITE, uncounted()).unpin();
    assertEquals(0, moves);
    f.finish();
  }

  private FaultCount uncounted() {
    return new FaultCount(f.machine.kernel().cpus());
  }
}
