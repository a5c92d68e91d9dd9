package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.HUGE;
import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.stat.NodeStat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which folios mlock marks. */
final class MlockRangeTest {
  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
    assertEquals(0, mlockedPages());
  }

  private long mlockedPages() {
    return on.machine.kernel().nodeStats().get(NodeStat.NR_MLOCK);
  }

  @Test
  void smallPagesThereAndToCome() {
    on.map(0, 8);
    on.write(0, 2);
    on.process.mlock(page(0), 4 * PAGE);
    assertEquals("ssss....", on.picture(0, 8));
    assertTrue(on.folioHas(0, FolioFlags.MLOCKED | FolioFlags.UNEVICTABLE));
    assertEquals(4, mlockedPages());
    on.process.munlock(page(0), 8 * PAGE);
    assertEquals(0, mlockedPages());
    assertFalse(on.folioHas(0, FolioFlags.UNEVICTABLE));
  }

  /**
   * <pre>
   *            [ H     H     H     H ]
   *  mlock     [                     )   the folio is marked
   *  mlock     [     )                   splits the mapping; the folio is in the range by a part
   * </pre>
   */
  @Test
  void aLargeFolioIsMarkedOnlyAsAWhole() {
    on.mapHuge(0);
    on.process.mlock(page(0), 128 * PAGE);
    assertEquals("LLLL", on.quarters(0, 4));
    assertFalse(on.isMlocked(0));
    on.process.mlock(page(0), HUGE);
    assertFalse(on.isMlocked(0), "the first quarter was locked already: three quarters are a part");
    on.process.munlock(page(0), HUGE);
    on.process.mlock(page(0), HUGE);
    assertTrue(on.isMlocked(0));
    assertEquals(512, mlockedPages());
    on.process.munlock(page(500), PAGE);
    assertFalse(on.isMlocked(0), "a part is enough to take the mark off");
  }

  @Test
  void aHugeMappingIsMarked() {
    on.mapHuge(0);
    on.process.mlock(page(0), HUGE);
    assertEquals("HHHH", on.quarters(0, 4));
    assertTrue(on.isMlocked(0));
  }

  /** Linux counts how often a folio was locked, and unlocks it with the last. */
  @Test
  void twoProcessesLockOneFolio() {
    on.mapHuge(0);
    on.process.mprotect(page(0), HUGE, Prot.READ);
    on.process.mlock(page(0), HUGE);
    Process child = on.process.fork("child");
    child.mlock(page(0), HUGE);
    child.munlock(page(0), HUGE);
    assertTrue(on.isMlocked(0));
    child.mlock(page(511), PAGE);
    assertEquals("HHHH", on.quarters(0, 4));
    child.munlock(page(0), HUGE);
    assertFalse(on.isMlocked(0), "unlocking a part counts, though locking it did not");
    on.check();
    child.exit();
  }

  /** The small mappings come (and mlock) before the huge one goes (and munlocks). */
  @Test
  void splittingAMappingKeepsTheMark() {
    on.mapHuge(0);
    on.process.mlock(page(0), HUGE);
    on.process.mprotect(page(0), PAGE, Prot.READ);
    assertEquals("LLLL", on.quarters(0, 4));
    assertTrue(on.isMlocked(0));
    on.process.munmap(page(1), PAGE);
    assertFalse(on.isMlocked(0));
  }
}
