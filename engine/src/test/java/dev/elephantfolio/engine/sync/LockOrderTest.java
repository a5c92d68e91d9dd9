package dev.elephantfolio.engine.sync;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LockOrderTest {
  private final RwSemaphore mmapLock = new RwSemaphore(LockRank.MMAP_LOCK);
  private final SpinLock pmd = new SpinLock(LockRank.PMD);
  private final SpinLock otherPmd = new SpinLock(LockRank.PMD);
  private final SpinLock pte = new SpinLock(LockRank.PTE);

  @BeforeEach
  void theOrderIsChecked() {
    assertTrue(LockOrder.CHECKED, "tests run with -Defolio.lockOrder=true");
  }

  @AfterEach
  void nothingIsLeftHeld() {
    LockOrder.assertNoneHeld();
  }

  @Test
  void outerBeforeInnerIsFine() {
    mmapLock.readLock();
    pmd.lock();
    pte.lock();
    mmapLock.readUnlock();
    pte.unlock();
    pmd.unlock();
  }

  @Test
  void innerBeforeOuterThrows() {
    pte.lock();
    LockOrderError error = assertThrows(LockOrderError.class, pmd::lock);
    assertTrue(error.toString().contains("takes PMD SpinLock@"), error.toString());
    assertThrows(LockOrderError.class, mmapLock::readLock);
    assertThrows(LockOrderError.class, mmapLock::writeLock);
    pte.unlock();
    assertFalse(pmd.isLocked());
    assertFalse(mmapLock.isLocked());
  }

  @Test
  void anEarlierHeldLockCountsAsWellAsTheLast() {
    pte.lock();
    assertTrue(mmapLock.tryReadLock());
    assertThrows(LockOrderError.class, pmd::lock);
    mmapLock.readUnlock();
    pte.unlock();
  }

  @Test
  void theSameRankMustBeSaid() {
    pmd.lock();
    assertThrows(LockOrderError.class, otherPmd::lock);
    otherPmd.lockNested();
    otherPmd.unlock();
    pmd.unlock();
  }

  @Test
  void theSameLockTwiceThrows() {
    pmd.lock();
    assertThrows(LockOrderError.class, pmd::lockNested);
    pmd.unlock();
    mmapLock.readLock();
    assertThrows(LockOrderError.class, mmapLock::readLock);
    mmapLock.readUnlock();
  }

  @Test
  void tryingMayRankAnywhere() {
    pte.lock();
    assertTrue(pmd.tryLock());
    assertTrue(mmapLock.tryWriteLock());
    mmapLock.writeUnlock();
    pmd.unlock();
    pte.unlock();
  }

  @Test
  void releasingWhatIsNotHeldThrows() {
    assertThrows(LockOrderError.class, pmd::unlock);
    assertThrows(LockOrderError.class, mmapLock::readUnlock);
    assertThrows(LockOrderError.class, mmapLock::writeUnlock);
  }

  @Test
  void assertionsSeeTheHolder() {
    assertThrows(LockOrderError.class, pmd::assertHeld);
    assertThrows(LockOrderError.class, mmapLock::assertHeld);
    mmapLock.writeLock();
    mmapLock.assertWriteHeld();
    mmapLock.downgrade();
    mmapLock.assertHeld();
    assertThrows(LockOrderError.class, mmapLock::assertWriteHeld);
    assertThrows(LockOrderError.class, LockOrder::assertNoneHeld);
    mmapLock.readUnlock();
  }

  @Test
  void locksThatAreBitsTakePart() {
    Object table = new Object();
    LockOrder.beforeLock(LockRank.FOLIO_LOCK, table, 7, false);
    LockOrder.locked(LockRank.FOLIO_LOCK, table, 7, true);
    LockOrder.assertHeld(table, 7);
    assertThrows(LockOrderError.class, () -> LockOrder.assertHeld(table, 8));
    assertThrows(LockOrderError.class, mmapLock::readLock);
    assertThrows(
        LockOrderError.class, () -> LockOrder.beforeLock(LockRank.FOLIO_LOCK, table, 8, false));
    LockOrder.beforeLock(LockRank.FOLIO_LOCK, table, 8, true);
    LockOrder.unlocking(table, 7);
    assertThrows(LockOrderError.class, () -> LockOrder.unlocking(table, 7));
  }
}
