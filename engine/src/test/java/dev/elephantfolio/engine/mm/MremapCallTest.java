package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.stat.VmaSmaps;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What mremap makes of areas, and what it refuses; the expectations are those of a live 6.18. */
final class MremapCallTest {
  private static final int MAYMOVE = MremapCall.MAYMOVE;
  private static final int MOVE_TO = MAYMOVE | MremapCall.FIXED;
  private static final int KEEP = MAYMOVE | MremapCall.DONTUNMAP;
  private static final long FAR = 1L << 20;

  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  private long remap(long from, long oldPages, long newPages, int flags, long to) {
    return on.process.mremap(page(from), oldPages * PAGE, newPages * PAGE, flags, page(to));
  }

  private void assertRefused(
      Errno errno, long from, long oldPages, long newPages, int flags, long to) {
    assertErrno(errno, () -> remap(from, oldPages, newPages, flags, to));
  }

  /** The areas of the arena as page numbers: {@code "0-4 8-12r"}; r for read-only. */
  private String areas() {
    return on.process.smaps().stream()
        .filter(area -> area.startAddress() >= page(0) && area.startAddress() < page(4 * FAR))
        .map(MremapCallTest::name)
        .collect(Collectors.joining(" "));
  }

  private static String name(VmaSmaps area) {
    long start = (area.startAddress() - page(0)) / PAGE;
    long end = (area.endAddress() - page(0)) / PAGE;
    return start + "-" + end + (area.permissions().contains("w") ? "" : "r");
  }

  private void mapReadOnly(long first, long pages) {
    on.process.mmap(
        page(first),
        pages * PAGE,
        Prot.READ,
        MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED);
  }

  private void mapShared(long first, long pages) {
    on.process.mmap(
        page(first),
        pages * PAGE,
        RangeFixture.READ_WRITE,
        MapFlags.SHARED | MapFlags.ANONYMOUS | MapFlags.FIXED);
  }

  private long committed() {
    return on.machine.kernel().committed().pages();
  }

  // Lengths.

  @Test
  void sameLengthChangesNothing() {
    on.map(0, 16);
    assertEquals(page(0), remap(0, 16, 16, 0, 0));
    assertEquals(page(0), remap(0, 40, 40, MAYMOVE, 0), "even beyond the area");
    assertEquals("0-16", areas());
  }

  @Test
  void shorterCutsTheEndOff() {
    on.map(0, 16);
    on.map(20, 4);
    on.write(0, 16);
    long charged = committed();
    assertEquals(page(0), remap(0, 22, 3, 0, 0), "across a hole and another area");
    assertEquals("0-3 22-24", areas());
    assertEquals(3 * PAGE, on.process.anonymousBytes());
    assertEquals(charged - 15, committed());
  }

  @Test
  void longerGrowsInPlaceAndJoinsWhatItMeets() {
    on.map(0, 4);
    on.map(8, 4);
    assertEquals(page(0), remap(0, 4, 8, 0, 0));
    assertEquals("0-12", areas());
  }

  @Test
  void longerMovesWhenSomethingIsInTheWay() {
    on.map(0, 4);
    mapReadOnly(5, 1);
    on.write(0, 4);
    long total = on.process.memory().totalVmPages();
    assertRefused(Errno.ENOMEM, 0, 4, 8, 0, 0);
    long moved = remap(0, 4, 8, MAYMOVE, 0);
    assertNotEquals(page(0), moved);
    assertEquals("5-6r", areas());
    assertEquals(total + 4, on.process.memory().totalVmPages());
    for (long i = 0; i < 4; i++) {
      assertEquals(i + 1, on.process.read(moved + i * PAGE));
    }
    assertEquals(0, on.process.read(moved + 5 * PAGE));
  }

  @Test
  void partOfAnAreaMovesToGrow() {
    on.map(0, 12);
    on.write(0, 12);
    long moved = remap(4, 4, 6, MAYMOVE, 0);
    assertEquals("0-4 8-12", areas());
    assertEquals(5, on.process.read(moved));
    assertEquals(12 * PAGE, on.process.anonymousBytes());
  }

  // Moves.

  @Test
  void moveUnmapsTheDestination() {
    on.map(0, 4);
    on.write(0, 4);
    mapReadOnly(98, 8);
    assertEquals(page(100), remap(0, 4, 4, MOVE_TO, 100));
    assertEquals("98-100r 100-104 104-106r", areas());
    assertEquals(1, on.process.read(page(100)));
  }

  @Test
  void untouchedAreaJoinsNeighboursAtItsNewPlace() {
    on.map(0, 4);
    on.map(100, 4);
    remap(0, 4, 4, MOVE_TO, 104);
    assertEquals("100-108", areas());
  }

  /** Pages know their offset, so a touched area joins only what continues it. */
  @Test
  void touchedAreaJoinsOnlyItsOldNeighbour() {
    on.map(0, 8);
    on.write(0, 8);
    on.map(100, 4);
    remap(4, 4, 4, MOVE_TO, 104);
    assertEquals("0-4 100-104 104-108", areas());
    remap(104, 4, 4, MOVE_TO, 4);
    assertEquals("0-8 100-104", areas());
  }

  /**
   * <pre>
   *  |--0--| . |-3r-||-5-|   ---&gt;   the same, 1000 pages further on
   * </pre>
   */
  @Test
  void severalAreasMoveTogether() {
    on.map(0, 2);
    mapReadOnly(3, 2);
    on.map(5, 3);
    on.write(0, 2);
    on.write(5, 3);
    assertEquals(page(1001), remap(1, 6, 6, MOVE_TO, 1001));
    assertEquals("0-1 7-8 1001-1002 1003-1005r 1005-1007", areas());
    assertEquals(".s.", on.picture(1000, 3));
    assertEquals("ss", on.picture(1005, 2));
  }

  @Test
  void severalAreasNeedAnAreaAtTheStart() {
    on.map(1, 2);
    on.map(4, 2);
    assertRefused(Errno.EFAULT, 0, 6, 6, MOVE_TO, 1000);
    assertEquals(page(1000), remap(1, 40, 40, MOVE_TO, 1000));
    assertEquals("1000-1002 1003-1005", areas());
  }

  @Test
  void severalAreasCannotMoveAndGrow() {
    on.map(0, 2);
    mapReadOnly(2, 2);
    assertRefused(Errno.EFAULT, 0, 4, 5, MOVE_TO, 1000);
    assertRefused(Errno.EFAULT, 0, 4, 5, MAYMOVE, 0);
    assertEquals("0-2 2-4r", areas());
  }

  @Test
  void moveToAShorterLengthCutsFirst() {
    on.map(0, 8);
    on.write(0, 8);
    assertEquals(page(100), remap(0, 8, 2, MOVE_TO, 100));
    assertEquals("100-102", areas());
    assertEquals(2 * PAGE, on.process.anonymousBytes());
  }

  /** 6.18 charges what a move cuts off as if it were added; nothing ever takes that back. */
  @Test
  void moveToAShorterLengthLeaksItsCharge() {
    long before = committed();
    on.map(0, 8);
    remap(0, 8, 2, MOVE_TO, 100);
    on.process.munmap(page(100), 2 * PAGE);
    assertEquals(before + 6, committed());
  }

  // DONTUNMAP.

  @Test
  void keptSourceIsEmptyAndJoinsNothingOfTheCopy() {
    on.map(0, 4);
    on.write(0, 4);
    long charged = committed();
    long total = on.process.memory().totalVmPages();
    assertEquals(page(100), remap(0, 4, 4, KEEP, 100), "a free hint is taken");
    assertEquals("0-4 100-104", areas());
    assertEquals("....", on.picture(0, 4));
    assertEquals("ssss", on.picture(100, 4));
    assertEquals(charged + 4, committed());
    assertEquals(total + 4, on.process.memory().totalVmPages());
    on.process.write(page(0), 77);
    assertEquals(1, on.process.read(page(100)));
  }

  @Test
  void keptSourceThatWasNeverTouchedJoinsItsCopy() {
    on.map(0, 4);
    assertEquals(page(4), remap(0, 4, 4, KEEP | MremapCall.FIXED, 4));
    assertEquals("0-8", areas());
  }

  /** All of the area is unlocked, and its pages stay counted as locked, as in 6.18. */
  @Test
  void keptSourceIsUnlocked() {
    on.map(0, 16);
    on.process.mlock(page(0), 16 * PAGE);
    assertEquals(page(100), remap(4, 4, 4, KEEP | MremapCall.FIXED, 100));
    assertEquals("0-16 100-104", areas());
    assertFalse(on.areaOf(0).flags().contains("lo"));
    assertTrue(on.areaOf(100).flags().contains("lo"));
    assertEquals(20, on.process.memory().lockedVmPages());
  }

  // Copies of shared memory.

  @Test
  void lengthZeroMapsSharedMemoryOnceMore() {
    mapShared(0, 4);
    on.process.write(page(0), 5);
    assertEquals(page(100), remap(0, 0, 4, MOVE_TO, 100));
    assertEquals("0-4 100-104", areas());
    assertEquals(5, on.process.read(page(100)));
    on.process.write(page(101), 6);
    assertEquals(6, on.process.read(page(1)));
  }

  @Test
  void lengthZeroNeedsRoomToMove() {
    mapShared(0, 4);
    on.map(100, 4);
    assertRefused(Errno.ENOMEM, 0, 0, 4, 0, 0);
    assertRefused(Errno.EINVAL, 100, 0, 4, MAYMOVE, 0);
    assertRefused(Errno.EINVAL, 100, 0, 4, MOVE_TO, 200);
  }

  // Locked memory.

  @Test
  void lockedAreaIsFaultedInWhereItGrows() {
    on.map(0, 4);
    on.process.mlock(page(0), 4 * PAGE);
    assertEquals(page(0), remap(0, 4, 8, 0, 0));
    assertEquals("ssssssss", on.picture(0, 8));
    assertEquals(8, on.process.memory().lockedVmPages());
    assertEquals(page(100), remap(0, 8, 12, MOVE_TO, 100));
    assertEquals("s".repeat(12), on.picture(100, 12));
    assertEquals(12, on.process.memory().lockedVmPages());
    assertEquals(page(100), remap(100, 12, 2, 0, 0));
    assertEquals(2, on.process.memory().lockedVmPages());
  }

  @Test
  void lockedAreaGrowsWithinItsLimit() {
    on.map(0, 4);
    on.process.mlock(page(0), 4 * PAGE);
    on.process.memory().changeCapabilities(Capabilities.NONE);
    on.process.limit(on.process.memory().limits().withMemlock(6 * PAGE));
    assertRefused(Errno.EAGAIN, 0, 4, 7, MAYMOVE, 0);
    assertEquals(page(0), remap(0, 4, 6, 0, 0));
    assertEquals(page(100), remap(0, 6, 6, MOVE_TO, 100), "a move locks nothing more");
  }

  // Limits and refusals.

  @Test
  void growsWithinTheLimitOfTheAddressSpace() {
    on.map(0, 4);
    long bytes = (on.process.memory().totalVmPages() + 2) * PAGE;
    on.process.limit(on.process.memory().limits().withAddressSpace(bytes));
    assertRefused(Errno.ENOMEM, 0, 4, 7, MAYMOVE, 0);
    assertRefused(Errno.ENOMEM, 0, 4, 4, KEEP, 100);
    assertEquals(page(0), remap(0, 4, 6, 0, 0));
  }

  @Test
  void wrongArgumentsComeFirst() {
    assertRefused(Errno.EINVAL, 0, 1, 1, 8, 0);
    assertErrno(Errno.EINVAL, () -> on.process.mremap(page(0) + 1, PAGE, PAGE, 0, 0));
    assertRefused(Errno.EINVAL, 0, 1, 0, 0, 0);
    assertErrno(Errno.EINVAL, () -> on.process.mremap(page(0), PAGE, 1L << 47, MAYMOVE, 0));
    assertErrno(Errno.EINVAL, () -> on.process.mremap(page(0), PAGE, -1L, MAYMOVE, 0));
    assertRefused(Errno.EINVAL, 0, 1, 1, MremapCall.FIXED, 100);
    assertErrno(Errno.EINVAL, () -> on.process.mremap(page(0), PAGE, PAGE, MOVE_TO, page(9) + 1));
    assertErrno(
        Errno.EINVAL, () -> on.process.mremap(page(0), PAGE, PAGE, MOVE_TO, Addresses.TASK_SIZE));
    assertRefused(Errno.EINVAL, 0, 1, 2, KEEP, 0);
    assertRefused(Errno.EINVAL, 0, 2, 2, MOVE_TO, 1);
    assertRefused(Errno.EINVAL, 0, 1, 1, MremapCall.DONTUNMAP, 100);
  }

  @Test
  void nothingThereIsAFault() {
    on.map(0, 16);
    assertRefused(Errno.EFAULT, 200, 1, 1, 0, 0);
    assertRefused(Errno.EFAULT, 200, 1, 2, MAYMOVE, 0);
    assertRefused(Errno.EFAULT, 200, 1, 1, MOVE_TO, 300);
    assertRefused(Errno.EFAULT, 0, 17, 18, MAYMOVE, 0);
    assertErrno(Errno.EINVAL, () -> on.process.mremap(page(0), -2 * PAGE, PAGE, 0, 0));
    assertEquals("0-16", areas());
  }

  /** The destination goes before the source is found wanting, but not before it is there at all. */
  @Test
  void sealedMemoryStays() {
    on.map(0, 4);
    on.map(8, 4);
    AddressSpace mm = on.process.memory();
    mm.mmapWriteLock();
    Vma sealed = Objects.requireNonNull(mm.vmas().at(page(0)));
    sealed.writeLock();
    sealed.addFlags(VmFlags.SEALED);
    mm.mmapWriteUnlock();
    assertRefused(Errno.EPERM, 0, 4, 4, 0, 0);
    assertRefused(Errno.EPERM, 0, 4, 2, 0, 0);
    assertRefused(Errno.EPERM, 0, 4, 4, MOVE_TO, 100);
    assertRefused(Errno.EPERM, 8, 4, 4, MOVE_TO, 0);
    assertEquals("0-4 8-12", areas());
    assertEquals(page(4), remap(8, 4, 4, MOVE_TO, 4));
  }

  @Test
  void lowAddressesNeedTheRightToThem() {
    on.map(0, 1);
    on.process.memory().changeCapabilities(Capabilities.NONE);
    assertErrno(Errno.EPERM, () -> on.process.mremap(page(0), PAGE, PAGE, MOVE_TO, 0));
  }

  /** Near max_map_count moves stop: two areas earlier where a destination must go first. */
  @Test
  void movesStopShortOfTheMostAreas() {
    on.map(0, 16);
    int areas = on.process.memory().vmas().size();
    VmSettings settings = on.machine.kernel().vm();
    settings.changeMaxMapCount(areas + 5);
    assertRefused(Errno.ENOMEM, 0, 16, 16, MOVE_TO, 100);
    assertRefused(Errno.ENOMEM, 0, 16, 16, KEEP, 100);
    assertRefused(Errno.ENOMEM, 500, 16, 16, MOVE_TO, 100);
    settings.changeMaxMapCount(areas + 6);
    assertEquals(page(100), remap(0, 16, 16, MOVE_TO, 100));
    settings.changeMaxMapCount(areas + 3);
    assertRefused(Errno.ENOMEM, 100, 8, 16, MAYMOVE, 0);
    assertEquals(page(100), remap(100, 16, 32, MAYMOVE, 0), "in place needs no area");
    settings.changeMaxMapCount(areas + 4);
    assertTrue(remap(100, 8, 16, MAYMOVE, 0) != page(100));
  }
}
