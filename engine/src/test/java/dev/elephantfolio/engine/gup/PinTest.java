package dev.elephantfolio.engine.gup;

import static dev.elephantfolio.engine.gup.GupFixture.HUGE;
import static dev.elephantfolio.engine.gup.GupFixture.MAP;
import static dev.elephantfolio.engine.gup.GupFixture.PAGE;
import static dev.elephantfolio.engine.gup.GupFixture.RW;
import static dev.elephantfolio.engine.gup.GupFixture.errno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.FolioPins;
import dev.elephantfolio.engine.mm.Addresses;
import dev.elephantfolio.engine.mm.Limits;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.stat.NodeStat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holding pages does to counts, which addresses can be held, and what comes of those not. */
final class PinTest {
  /** The four ways to hold pages. */
  enum Way {
    PIN,
    PIN_SLOW,
    GET,
    GET_SLOW;

    boolean pins() {
      return this == PIN || this == PIN_SLOW;
    }

    PinnedPages hold(Process process, long address, long length, int flags) {
      return switch (this) {
        case PIN -> process.pin(address, length, flags);
        case PIN_SLOW -> process.pinSlow(address, length, flags);
        case GET -> process.getPages(address, length, flags);
        case GET_SLOW -> process.getPagesSlow(address, length, flags);
      };
    }
  }

  private final GupFixture f = new GupFixture();

  @ParameterizedTest
  @EnumSource
  void countsOfASmallPage(Way way) {
    long at = f.map(PAGE);
    f.process.write(at, 7);
    f.drain();
    int pfn = f.pfn(at);
    PinnedPages first = way.hold(f.process, at, PAGE, GupFlags.WRITE);
    PinnedPages second = way.hold(f.process, at + 8, 8, 0);
    assertEquals(pfn, first.pfn(0));
    assertEquals(pfn, second.pfn(0));
    int each = way.pins() ? FolioPins.PIN_COUNTING_BIAS : 1;
    assertEquals(1 + 2 * each, f.refCount(pfn));
    assertEquals(way.pins(), f.maybePinned(pfn));
    f.check();
    first.unpin();
    assertEquals(1 + each, f.refCount(pfn));
    second.close();
    assertEquals(1, f.refCount(pfn));
    assertFalse(f.maybePinned(pfn));
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void countsOfAHugePage(Way way) {
    long at = f.mapHuge();
    int pfn = f.pfn(at);
    PinnedPages pages = way.hold(f.process, at + 3 * PAGE, 10 * PAGE, GupFlags.WRITE);
    assertEquals(10, pages.count());
    assertEquals(pfn + 12, pages.pfn(9));
    assertEquals(1 + 10, f.refCount(pfn));
    assertEquals(way.pins() ? 10 : 0, f.pinCount(pfn));
    assertEquals(way.pins(), f.maybePinned(pfn));
    f.check();
    pages.unpin(2, 3);
    assertEquals(1 + 7, f.refCount(pfn));
    pages.unpin(2, 3);
    assertEquals(7, pages.held());
    f.check();
    pages.unpin();
    assertEquals(1, f.refCount(pfn));
    assertEquals(0, f.pinCount(pfn));
    pages.unpin();
    assertEquals(1, f.refCount(pfn));
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void countsOfAPteMappedHugePage(Way way) {
    long at = f.mapHuge();
    f.splitMapping(at);
    int pfn = f.pfn(at);
    PinnedPages pages = way.hold(f.process, at + HUGE - 2 * PAGE, 2 * PAGE, GupFlags.WRITE);
    assertEquals(2, pages.count());
    assertEquals(512 + 2, f.refCount(pfn));
    assertEquals(way.pins() ? 2 : 0, f.pinCount(pfn));
    f.check();
    pages.unpin();
    f.finish();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
  void countsOfMediumFolios(int order) {
    long at = f.mapFoliosOf(order);
    for (Way way : Way.values()) {
      PinnedPages pages = way.hold(f.process, at, (2 * PAGE) << order, GupFlags.WRITE);
      assertEquals(2 << order, pages.count());
      assertEquals(2 << order, f.refCount(f.pfn(at)));
      assertEquals(way.pins() ? 1 << order : 0, f.pinCount(f.pfn(at)));
      f.check();
      pages.unpin();
      f.check();
    }
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void faultsInWhatIsMissing(Way way) {
    long at = f.map(4 * PAGE);
    long before = f.process.faults();
    PinnedPages pages = way.hold(f.process, at, 4 * PAGE, GupFlags.WRITE);
    assertEquals(4, pages.count());
    assertTrue(pages.isComplete());
    assertEquals(before + 4, f.process.faults());
    for (int i = 0; i < 4; i++) {
      pages.write(i * PAGE, 100 + i);
      assertEquals(100 + i, f.process.read(at + i * PAGE));
      f.process.write(at + i * PAGE, 200 + i);
      assertEquals(200 + i, pages.read(i * PAGE));
    }
    pages.unpinDirty();
    f.finish();
  }

  @Test
  void onlyWhatIsThereWithoutALock() {
    long at = f.map(4 * PAGE);
    f.process.write(at, 1);
    f.process.write(at + PAGE, 1);
    f.process.write(at + 3 * PAGE, 1);
    PinnedPages pages = f.process.pin(at, 4 * PAGE, GupFlags.WRITE | GupFlags.FAST_ONLY);
    assertEquals(2, pages.count());
    assertFalse(pages.isComplete());
    assertEquals(2 * PAGE, pages.availableBytes());
    pages.unpin();
    assertEquals(0, f.process.pin(at + 2 * PAGE, PAGE, GupFlags.FAST_ONLY).count());
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void aHoleEndsTheRange(Way way) {
    long at = f.map(4 * PAGE);
    f.process.munmap(at + 2 * PAGE, PAGE);
    PinnedPages pages = way.hold(f.process, at, 4 * PAGE, GupFlags.WRITE);
    assertEquals(2, pages.count());
    assertFalse(pages.isComplete());
    pages.unpin();
    assertEquals(
        Optional.of(Errno.EFAULT), errno(() -> way.hold(f.process, at + 2 * PAGE, PAGE, 0)));
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void rightsOfTheArea(Way way) {
    long at = f.map(PAGE);
    f.process.write(at, 1);
    f.process.mprotect(at, PAGE, Prot.READ);
    assertEquals(
        Optional.of(Errno.EFAULT), errno(() -> way.hold(f.process, at, PAGE, GupFlags.WRITE)));
    way.hold(f.process, at, PAGE, 0).unpin();
    f.process.mprotect(at, PAGE, Prot.NONE);
    assertEquals(Optional.of(Errno.EFAULT), errno(() -> way.hold(f.process, at, PAGE, 0)));
    f.process.mprotect(at, PAGE, Prot.WRITE);
    way.hold(f.process, at, PAGE, GupFlags.WRITE).unpin();
    f.finish();
  }

  /** An entry does not say whether it may be read; only the area does, and who asks it. */
  @Test
  void readingFromAWriteOnlyArea() {
    long at = f.map(PAGE);
    f.process.write(at, 1);
    f.process.mprotect(at, PAGE, Prot.WRITE);
    f.process.pin(at, PAGE, 0).unpin();
    assertEquals(Optional.of(Errno.EFAULT), errno(() -> f.process.pinSlow(at, PAGE, 0)));
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void guardPagesAndFaultsNotWanted(Way way) {
    long at = f.map(2 * PAGE);
    f.process.madvise(at, PAGE, Madvise.GUARD_INSTALL);
    assertEquals(Optional.of(Errno.EFAULT), errno(() -> way.hold(f.process, at, PAGE, 0)));
    assertEquals(
        Optional.of(Errno.EFAULT),
        errno(() -> way.hold(f.process, at + PAGE, PAGE, GupFlags.NOFAULT)));
    f.process.write(at + PAGE, 1);
    way.hold(f.process, at + PAGE, PAGE, GupFlags.NOFAULT | GupFlags.WRITE).unpin();
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void badArguments(Way way) {
    assertEquals(Optional.of(Errno.EOVERFLOW), errno(() -> way.hold(f.process, 4096, -2L, 0)));
    assertEquals(
        Optional.of(Errno.EFAULT), errno(() -> way.hold(f.process, 4096, Long.MAX_VALUE, 0)));
    assertEquals(Optional.of(Errno.EFAULT), errno(() -> way.hold(f.process, -8192, 4096, 0)));
    assertEquals(Optional.of(Errno.EINVAL), errno(() -> way.hold(f.process, 4096, 8, 1 << 19)));
    assertEquals(Optional.of(Errno.EINVAL), errno(() -> way.hold(f.process, 4096, 8, 1 << 3)));
    assertEquals(0, way.hold(f.process, 4096, 0, 0).count());
    boolean longterm = way.pins();
    long at = f.map(PAGE);
    Optional<Errno> answer = errno(() -> way.hold(f.process, at, 8, GupFlags.LONGTERM).unpin());
    assertEquals(longterm ? Optional.empty() : Optional.of(Errno.EINVAL), answer);
    f.finish();
  }

  @Test
  void aWildLengthCostsNothing() {
    long at = f.map(2 * PAGE);
    PinnedPages pages = f.process.pin(at, Addresses.TASK_SIZE - at, GupFlags.WRITE);
    assertEquals(2, pages.count());
    pages.unpin();
    f.finish();
  }

  @Test
  void fewerPagesWhenMemoryRunsOut() {
    long length = 300L << 20;
    long at = f.map(length);
    PinnedPages pages = f.process.pin(at, length, GupFlags.WRITE);
    assertTrue(pages.count() > 10_000);
    assertFalse(pages.isComplete());
    long rest = at + pages.count() * PAGE;
    assertEquals(Optional.of(Errno.ENOMEM), errno(() -> f.process.pin(rest, PAGE, GupFlags.WRITE)));
    pages.unpin();
    f.finish();
  }

  @Test
  void theZeroPageIsNotPinnedButReferencedLikeAnyOther() {
    long at = f.map(PAGE);
    assertEquals(0, f.process.read(at));
    int zero = f.machine.kernel().zeroPfn();
    int before = f.refCount(zero);
    PinnedPages pins = f.process.pin(at, PAGE, 0);
    assertEquals(zero, pins.pfn(0));
    assertEquals(before, f.refCount(zero));
    assertEquals(0, pins.read(0));
    PinnedPages references = f.process.getPages(at, PAGE, 0);
    assertEquals(before + 1, f.refCount(zero));
    f.check();
    pins.unpin();
    references.unpin();
    assertEquals(before, f.refCount(zero));
    f.finish();
  }

  @Test
  void aLongPinForReadingReplacesTheZeroPage() {
    long at = f.map(PAGE);
    assertEquals(0, f.process.read(at));
    PinnedPages pins = f.process.pin(at, PAGE, GupFlags.LONGTERM);
    assertNotEquals(f.machine.kernel().zeroPfn(), pins.pfn(0));
    f.process.write(at, 5);
    assertEquals(5, pins.read(0));
    pins.unpin();
    f.finish();
  }

  @Test
  void theHugeZeroFolioIsPinnedAndByALongPinReplaced() {
    long at = f.map(HUGE);
    f.process.madvise(at, HUGE, Madvise.HUGEPAGE);
    assertEquals(0, f.process.read(at));
    int zero = f.machine.kernel().hugeZero().pfn();
    PinnedPages pins = f.process.pin(at + PAGE, PAGE, 0);
    assertEquals(zero + 1, pins.pfn(0));
    assertEquals(2, f.refCount(zero));
    assertEquals(1, f.pinCount(zero));
    f.check();
    PinnedPages longPins = f.process.pin(at, 2 * PAGE, GupFlags.LONGTERM);
    assertNotEquals(zero, longPins.pfn(0));
    assertEquals(9, f.order(longPins.pfn(0)));
    f.check();
    pins.unpin();
    longPins.unpin();
    f.finish();
  }

  @Test
  void theHugeZeroFolioLivesWhileItIsHeld() {
    long at = f.map(HUGE);
    f.process.madvise(at, HUGE, Madvise.HUGEPAGE);
    assertEquals(0, f.process.read(at));
    PinnedPages pages = f.process.getPages(at, HUGE, 0);
    f.process.exit();
    assertEquals(512, f.machine.kernel().hugeZero().shrink());
    f.check();
    assertEquals(0, pages.read(HUGE - 8));
    pages.unpin();
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void contentsLiveOnAfterMunmapAndExit(Way way) {
    long small = f.map(4 * PAGE);
    GupFixture.fill(f.process, small, 4 * PAGE, 1);
    long huge = f.mapHuge();
    PinnedPages ofSmall = way.hold(f.process, small, 4 * PAGE, GupFlags.WRITE);
    PinnedPages ofHuge = way.hold(f.process, huge, HUGE, GupFlags.WRITE);
    f.process.munmap(small, 4 * PAGE);
    f.process.munmap(huge, HUGE);
    f.check();
    long other = f.map(8 * HUGE);
    GupFixture.fill(f.process, other, 8 * HUGE, 2);
    GupFixture.checkFilled(ofSmall, 1);
    GupFixture.checkFilled(ofHuge, 1);
    f.process.exit();
    f.check();
    ofSmall.unpin();
    GupFixture.checkFilled(ofHuge, 1);
    ofHuge.unpin();
    f.finish();
  }

  @Test
  void vmstatCountsPins() {
    long at = f.map(4 * PAGE);
    f.process.pin(at, 4 * PAGE, GupFlags.WRITE).unpin();
    f.process.getPages(at, 4 * PAGE, GupFlags.WRITE).unpin();
    assertEquals(4, f.machine.vmStat().get("nr_foll_pin_acquired"));
    assertEquals(4, f.machine.vmStat().get("nr_foll_pin_released"));
    assertEquals(4, f.machine.kernel().nodeStats().get(NodeStat.NR_FOLL_PIN_RELEASED));
    assertTrue(f.process.memory().hasFlag(MmFlags.HAS_PINNED));
    f.finish();
  }

  @Test
  void plainReferencesLeaveNoMarkOnTheProcess() {
    long at = f.map(PAGE);
    f.process.getPages(at, PAGE, GupFlags.WRITE).unpin();
    assertFalse(f.process.memory().hasFlag(MmFlags.HAS_PINNED));
    f.finish();
  }

  @Test
  void dirtyPagesAreSavedFromMadvFree() {
    long at = f.map(PAGE);
    f.process.write(at, 1);
    PinnedPages pages = f.process.pin(at, PAGE, GupFlags.WRITE);
    f.process.madvise(at, PAGE, Madvise.FREE);
    pages.write(0, 9);
    pages.unpinDirty();
    f.process.madvise(at, PAGE, Madvise.PAGEOUT);
    assertEquals(9, f.process.read(at));
    f.finish();
  }

  @Test
  void pagesHeldForReadingAreNotWritten() {
    long at = f.map(PAGE);
    f.process.write(at, 1);
    PinnedPages pages = f.process.pin(at, PAGE, 0);
    assertThrows(IllegalStateException.class, () -> pages.write(0, 2));
    pages.unpin();
    assertThrows(IllegalStateException.class, () -> pages.read(0));
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void filesAndSharedMemory(Way way) {
    MappedFile file = f.machine.file("data", true);
    long shared = f.process.mmap(0, PAGE, RW, MapFlags.SHARED, file, 0);
    long own = f.process.mmap(0, PAGE, RW, MapFlags.PRIVATE, file, 0);
    long shmem = f.process.mmap(0, PAGE, RW, MapFlags.SHARED | MapFlags.ANONYMOUS);
    PinnedPages ofShared = way.hold(f.process, shared, PAGE, GupFlags.WRITE);
    PinnedPages ofShmem = way.hold(f.process, shmem, PAGE, GupFlags.WRITE);
    PinnedPages ofOwn = way.hold(f.process, own, PAGE, GupFlags.WRITE);
    assertNotEquals(ofShared.pfn(0), ofOwn.pfn(0));
    ofShared.write(0, 1);
    ofShmem.write(0, 2);
    ofOwn.write(0, 3);
    assertEquals(1, f.process.read(shared));
    assertEquals(2, f.process.read(shmem));
    assertEquals(3, f.process.read(own));
    f.check();
    f.process.munmap(shmem, PAGE);
    assertEquals(2, ofShmem.read(0));
    f.check();
    ofShared.unpin();
    ofShmem.unpin();
    ofOwn.unpin();
    f.check();
  }

  /** Dirtying a file's page long after its file thinks it clean is what Linux refuses. */
  @ParameterizedTest
  @EnumSource(names = {"PIN", "PIN_SLOW"})
  void longPinsOfFiles(Way way) {
    int flags = GupFlags.WRITE | GupFlags.LONGTERM;
    MappedFile file = f.machine.file("data", true);
    long shared = f.process.mmap(0, PAGE, RW, MapFlags.SHARED, file, 0);
    long own = f.process.mmap(0, PAGE, RW, MapFlags.PRIVATE, file, 0);
    long shmem = f.process.mmap(0, PAGE, RW, MapFlags.SHARED | MapFlags.ANONYMOUS);
    f.process.write(shared, 1);
    f.process.write(shmem, 1);
    assertEquals(Optional.of(Errno.EFAULT), errno(() -> way.hold(f.process, shared, 8, flags)));
    way.hold(f.process, shmem, PAGE, flags).unpin();
    way.hold(f.process, own, PAGE, flags).unpin();
    way.hold(f.process, shared, PAGE, GupFlags.LONGTERM).unpin();
    f.check();
  }

  /** A private page of a file, pinned for long, is copied at once: writes must reach the pin. */
  @ParameterizedTest
  @EnumSource(names = {"PIN", "PIN_SLOW"})
  void longPinsForReadingOfPrivateFilePages(Way way) {
    long own = f.process.mmap(0, PAGE, RW, MapFlags.PRIVATE, f.machine.file("data", false), 0);
    long word = f.process.read(own);
    PinnedPages brief = way.hold(f.process, own, PAGE, 0);
    PinnedPages lasting = way.hold(f.process, own, PAGE, GupFlags.LONGTERM);
    assertEquals(word, brief.read(0));
    assertEquals(word, lasting.read(0));
    f.process.write(own, 77);
    assertEquals(word, brief.read(0));
    assertEquals(77, lasting.read(0));
    brief.unpin();
    lasting.unpin();
    f.check();
  }

  @Test
  void aStackIsNotGrown() {
    f.process.limit(Limits.standard());
    long at = f.process.mmap(0, 4 * PAGE, RW, MAP | MapFlags.GROWSDOWN);
    assertEquals(Optional.of(Errno.EFAULT), errno(() -> f.process.pin(at - PAGE, PAGE, 0)));
    f.finish();
  }

  @Test
  void aFolioIsNotHeldWithoutEnd() {
    long at = f.map(PAGE);
    f.process.write(at, 1);
    f.drain();
    int pfn = f.pfn(at);
    int almost = (1 << 30) - 1 - FolioPins.PIN_COUNTING_BIAS;
    f.machine.kernel().memMap().get(pfn, almost);
    PinnedPages last = f.process.pin(at, PAGE, 0);
    assertEquals(Optional.of(Errno.ENOMEM), errno(() -> f.process.pin(at, PAGE, 0)));
    assertEquals(Optional.of(Errno.ENOMEM), errno(() -> f.process.pinSlow(at, PAGE, 0)));
    f.machine.kernel().folios().put(pfn, almost);
    last.unpin();
    f.finish();
  }
}
