package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.MmFixture.BASE;
import static dev.elephantfolio.engine.mm.MmFixture.PAGE;
import static dev.elephantfolio.engine.mm.MmFixture.address;
import static dev.elephantfolio.engine.mm.MmFixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.pagecache.MappedFile;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** mmap: refusals, flags, placement, charges. Numbers are those of a live 6.18. */
class MmapCallTest {
  private static final int READ_WRITE = Prot.READ | Prot.WRITE;
  private static final int PRIVATE = MapFlags.PRIVATE | MapFlags.ANONYMOUS;
  private static final int FIXED = PRIVATE | MapFlags.FIXED;
  private static final long TWO_MIB = Addresses.PMD_SIZE;

  /** Where mappings begin below a stack of at most 128 MiB. */
  private static final long TOP = 0x7fff_f7ff_f000L;

  private final MmFixture fixture = new MmFixture();
  private final MappedFile file = MappedFile.file("data", true);
  private final MappedFile readOnly = MappedFile.file("library", false);

  @AfterEach
  void isWhole() {
    fixture.check();
  }

  private long map(long address, long bytes, int flags) {
    return fixture.mmap.map(fixture.mm, address, bytes, READ_WRITE, flags);
  }

  private long mapFile(MappedFile mapped, long address, long bytes, int flags, long offset) {
    return fixture.mmap.map(fixture.mm, address, bytes, Prot.READ, flags, mapped, offset);
  }

  // Refusals.

  @Test
  void argumentsThatMakeNoSense() {
    assertErrno(Errno.EINVAL, () -> map(0, 0, PRIVATE));
    assertErrno(Errno.EINVAL, () -> map(0, PAGE, MapFlags.ANONYMOUS));
    assertErrno(Errno.EINVAL, () -> map(0, PAGE, MapFlags.SHARED_VALIDATE | MapFlags.ANONYMOUS));
    assertErrno(Errno.EINVAL, () -> map(BASE + 1, PAGE, FIXED));
    assertErrno(Errno.EINVAL, () -> mapFile(file, 0, PAGE, MapFlags.PRIVATE, 5));
    assertErrno(Errno.ENOMEM, () -> map(0, -1, PRIVATE));
    assertErrno(Errno.ENOMEM, () -> map(0, Addresses.TASK_SIZE + PAGE, PRIVATE));
    assertErrno(Errno.ENOMEM, () -> map(Addresses.TASK_SIZE, PAGE, FIXED));
    assertErrno(Errno.ENOMEM, () -> map(-PAGE, PAGE, FIXED));
    assertErrno(Errno.EOVERFLOW, () -> mapFile(file, 0, PAGE, MapFlags.PRIVATE, 1L << 63));
    assertErrno(
        Errno.EBADF,
        () -> fixture.mmap.map(fixture.mm, 0, PAGE, READ_WRITE, MapFlags.PRIVATE, null, 0));
    assertEquals("", fixture.picture());
  }

  @Test
  void filesDecideWhatTheyMayBeMappedFor() {
    assertErrno(
        Errno.EACCES,
        () -> fixture.mmap.map(fixture.mm, 0, PAGE, READ_WRITE, MapFlags.SHARED, readOnly, 0));
    int validated = MapFlags.SHARED_VALIDATE | 1 << 25;
    assertErrno(Errno.EOPNOTSUPP, () -> mapFile(file, 0, PAGE, validated, 0));
    int stack = MapFlags.PRIVATE | MapFlags.GROWSDOWN;
    assertErrno(Errno.EINVAL, () -> mapFile(file, 0, PAGE, stack, 0));
    assertErrno(Errno.EINVAL, () -> mapFile(file, 0, PAGE, 0, 0));
    assertErrno(Errno.EINVAL, () -> mapFile(file, 0, PAGE, MapFlags.HUGETLB, 0));
  }

  /** The file refuses when the old mapping is gone already: Linux leaves a hole. */
  @Test
  void aSynchronousMapOfAFileLeavesAHole() {
    fixture.mapFixed(0, 4, READ_WRITE);
    int flags = MapFlags.PRIVATE | MapFlags.FIXED | MapFlags.SYNC;
    assertErrno(Errno.EOPNOTSUPP, () -> mapFile(file, address(1), 2 * PAGE, flags, 0));
    assertEquals("A  A", fixture.picture());
    assertEquals(0, fixture.committed.pages());
  }

  @Test
  void hugetlbPoolsAreEmpty() {
    assertErrno(Errno.ENOMEM, () -> map(0, TWO_MIB, PRIVATE | MapFlags.HUGETLB));
    int unknownSize = 16 << MapFlags.HUGE_SHIFT;
    assertErrno(Errno.EINVAL, () -> map(0, TWO_MIB, PRIVATE | MapFlags.HUGETLB | unknownSize));
  }

  @Test
  void fixedNoReplaceRefusesAnyOverlap() {
    fixture.mapFixed(2, 2, READ_WRITE);
    int flags = PRIVATE | MapFlags.FIXED_NOREPLACE;
    assertErrno(Errno.EEXIST, () -> map(address(1), 2 * PAGE, flags));
    assertErrno(Errno.EEXIST, () -> map(address(3), 2 * PAGE, flags));
    assertEquals(address(0), map(address(0), 2 * PAGE, flags));
  }

  @Test
  void lowAddressesNeedARight() {
    fixture.mm.changeCapabilities(Capabilities.NONE);
    assertErrno(Errno.EPERM, () -> map(0, PAGE, FIXED));
    assertEquals(PAGE, map(PAGE, PAGE, FIXED));
    assertEquals(0x10000, map(PAGE, PAGE, PRIVATE), "a hint is raised");
    fixture.mm.changeCapabilities(Capabilities.ALL);
    assertEquals(0, map(0, PAGE, FIXED));
  }

  // Flags.

  @Test
  void anAreaIsWhatWasAskedFor() {
    assertEquals("rd wr mr mw me ac", letters(PRIVATE, Prot.READ | Prot.WRITE));
    assertEquals("rd mr mw me", letters(PRIVATE, Prot.READ));
    assertEquals("mr mw me", letters(PRIVATE, Prot.NONE));
    assertEquals("rd wr ex mr mw me nr", letters(PRIVATE | MapFlags.NORESERVE, 7));
    assertEquals("rd wr mr mw me gd ac", letters(PRIVATE | MapFlags.GROWSDOWN, READ_WRITE));
    assertEquals("rd wr mr mw me ac nh", letters(PRIVATE | MapFlags.STACK, READ_WRITE));
    int shared = MapFlags.SHARED | MapFlags.ANONYMOUS;
    assertEquals("rd wr sh mr mw me ms", letters(shared, READ_WRITE));
    int droppable = MapFlags.DROPPABLE | MapFlags.ANONYMOUS;
    assertEquals("rd wr mr mw me nr wf dd dp", letters(droppable, READ_WRITE));
  }

  private String letters(int flags, int prot) {
    long place = fixture.mmap.map(fixture.mm, 0, PAGE, prot, flags);
    Vma vma = fixture.mm.vmas().at(place);
    assertNotNull(vma);
    String letters = VmFlags.letters(vma.flags()).strip();
    fixture.munmap.unmap(fixture.mm, place, PAGE);
    return letters;
  }

  @Test
  void strictOvercommitReservesInSpiteOfTheFlag() {
    fixture.settings.changeOvercommit(VmSettings.Overcommit.NEVER);
    assertEquals("rd wr mr mw me ac", letters(PRIVATE | MapFlags.NORESERVE, READ_WRITE));
  }

  @Test
  void sharedMapsOfAReadOnlyFileNeverBecomeWritable() {
    long place = mapFile(readOnly, 0, PAGE, MapFlags.SHARED, 0);
    assertEquals("rd mr me ms", VmFlags.letters(areaFlags(place)).strip());
    assertErrno(Errno.EACCES, () -> fixture.mprotect.protect(fixture.mm, place, PAGE, READ_WRITE));
  }

  private long areaFlags(long place) {
    Vma vma = fixture.mm.vmas().at(place);
    assertNotNull(vma);
    return vma.flags();
  }

  // Placement.

  @Test
  void mappingsGoDownFromTheBase() {
    assertEquals(TOP - PAGE, map(0, PAGE, PRIVATE));
    assertEquals(TOP - 4 * PAGE, map(0, 3 * PAGE, PRIVATE));
    assertEquals(1, fixture.mm.vmas().size(), "and merge");
    fixture.munmap.unmap(fixture.mm, TOP - 3 * PAGE, PAGE);
    assertEquals(TOP - 6 * PAGE, map(0, 2 * PAGE, PRIVATE), "one page is too small for two");
    assertEquals(TOP - 3 * PAGE, map(0, PAGE, PRIVATE), "the highest gap that fits");
  }

  @Test
  void wholeHugePagesAreAligned() {
    assertEquals(TOP - PAGE, map(0, PAGE, PRIVATE));
    assertEquals(0x7fff_f7c0_0000L, map(0, TWO_MIB, PRIVATE));
    assertEquals(0x7fff_f780_0000L, map(0, 2 * TWO_MIB, PRIVATE));
    assertEquals(TOP - 2 * PAGE, map(0, PAGE, PRIVATE), "the gap above stays in use");
    long odd = map(0, TWO_MIB + PAGE, PRIVATE);
    assertEquals(0x7fff_f780_0000L - TWO_MIB - PAGE, odd, "other lengths go where they fit");
  }

  @Test
  void aHintSwitchesAlignmentOff() {
    assertEquals(address(3), map(address(3), TWO_MIB, PRIVATE));
    assertEquals(address(3 + 512), map(address(3 + 512) + 7, PAGE, PRIVATE), "rounded down");
    assertEquals(TOP - TWO_MIB, map(address(4), TWO_MIB, PRIVATE), "taken: anywhere");
  }

  @Test
  void filesAreAlignedWithTheirOffset() {
    long place = mapFile(file, 0, 4 * TWO_MIB + PAGE, MapFlags.PRIVATE, 3 * PAGE);
    assertEquals(3 * PAGE, place & (TWO_MIB - 1));
    assertEquals(TOP - PAGE, mapFile(file, 0, PAGE, MapFlags.PRIVATE, 3 * PAGE));
  }

  @Test
  void stacksKeepTheirDistance() {
    int stack = PRIVATE | MapFlags.GROWSDOWN;
    assertEquals(TOP - PAGE, map(0, PAGE, stack));
    long gap = fixture.settings.stackGuardGapBytes();
    assertEquals(TOP - PAGE - gap - PAGE, map(0, PAGE, PRIVATE));
    assertEquals(TOP - PAGE - gap - 2 * PAGE, map(TOP - 2 * PAGE, PAGE, PRIVATE), "also hints");
  }

  @Test
  void lowMappingsGoUpFromOneGibibyte() {
    int low = PRIVATE | MapFlags.IN_LOW_32_BITS;
    assertEquals(0x4000_0000L, map(0, PAGE, low));
    assertEquals(0x4000_1000L, map(0, PAGE, low));
    assertErrno(Errno.ENOMEM, () -> map(0, 1L << 30, low));
  }

  @Test
  void withoutRoomBelowTheBaseMappingsGoAboveAThird() {
    // Everything below the base that is free but one page.
    int reserved = FIXED | MapFlags.NORESERVE;
    map(0x10000, TOP - 0x10000 - PAGE, reserved);
    assertEquals(TOP - PAGE, map(0, PAGE, PRIVATE));
    assertEquals(TOP, map(0, 2 * PAGE, PRIVATE), "the room that the stack left");
  }

  @Test
  void mapsOverOthersReplaceThem() {
    fixture.mapFixed(0, 6, READ_WRITE);
    fixture.ranges.take();
    assertEquals(
        address(2),
        fixture.mmap.map(fixture.mm, address(2), 2 * PAGE, Prot.READ, FIXED | MapFlags.NORESERVE));
    assertEquals("AA|RR|AA", fixture.picture());
    assertEquals(
        List.of("adjust 0-2", "adjust 2-4", "zap 2-4", "free 2-4 within 2-4"),
        fixture.ranges.take());
    fixture.mapFixed(2, 2, READ_WRITE);
    assertEquals("AAAAAA", fixture.picture());
  }

  // Limits and charges.

  @Test
  void addressSpaceAndDataAreLimited() {
    fixture.mapFixed(0, 10, READ_WRITE);
    fixture.mm.changeLimits(Limits.standard().withAddressSpace(12 * PAGE));
    assertErrno(Errno.ENOMEM, () -> map(0, 3 * PAGE, PRIVATE));
    fixture.mapFixed(5, 7, READ_WRITE);
    assertEquals("AAAAAAAAAAAA", fixture.picture(), "what is replaced does not count");
    fixture.mm.changeLimits(Limits.standard().withData(12 * PAGE));
    assertErrno(Errno.ENOMEM, () -> map(0, PAGE, PRIVATE));
    assertEquals(
        TOP - PAGE, fixture.mmap.map(fixture.mm, 0, PAGE, Prot.READ, PRIVATE), "is not data");
    fixture.mm.changeLimits(Limits.standard().withData(0));
    map(0, PAGE, PRIVATE);
  }

  @Test
  void lockedMappingsAreLimited() {
    fixture.mm.changeCapabilities(Capabilities.NONE);
    fixture.mm.changeLimits(Limits.standard().withMemlock(2 * PAGE));
    assertErrno(Errno.EAGAIN, () -> map(0, 3 * PAGE, PRIVATE | MapFlags.LOCKED));
    map(BASE, 2 * PAGE, FIXED | MapFlags.LOCKED);
    assertEquals(2, fixture.mm.lockedVmPages());
    assertErrno(Errno.EAGAIN, () -> map(0, PAGE, PRIVATE | MapFlags.LOCKED));
    fixture.mm.changeLimits(Limits.standard().withMemlock(0));
    assertErrno(Errno.EPERM, () -> map(0, PAGE, PRIVATE | MapFlags.LOCKED));
    fixture.munmap.unmap(fixture.mm, BASE, 2 * PAGE);
    assertEquals(0, fixture.mm.lockedVmPages());
  }

  @Test
  void onlySoManyAreas() {
    fixture.settings.changeMaxMapCount(3);
    for (int i = 0; i < 4; i++) {
      fixture.mapFixed(2L * i, 1, READ_WRITE);
    }
    assertErrno(Errno.ENOMEM, () -> map(address(20), PAGE, FIXED));
    assertErrno(Errno.ENOMEM, () -> map(address(1), PAGE, FIXED));
    assertEquals("A A A A", fixture.picture());
  }

  @Test
  void privateWritablePagesAreCharged() {
    map(BASE, 10 * PAGE, FIXED);
    assertEquals(10, fixture.committed.pages());
    map(address(5), 10 * PAGE, FIXED);
    assertEquals(15, fixture.committed.pages(), "a charge is taken over");
    fixture.mmap.map(fixture.mm, address(0), 5 * PAGE, Prot.READ, FIXED);
    assertEquals(10, fixture.committed.pages());
    map(address(20), 7 * PAGE, FIXED | MapFlags.NORESERVE);
    assertEquals(10, fixture.committed.pages());
    fixture.munmap.unmap(fixture.mm, BASE, 30 * PAGE);
    assertEquals(0, fixture.committed.pages());
  }

  @Test
  void refusedForTheCommitLimitNothingChanges() {
    map(BASE, 4 * PAGE, FIXED);
    long tooMuch = (MmFixture.MEMORY_PAGES + 5) * PAGE;
    assertErrno(Errno.ENOMEM, () -> map(BASE, tooMuch, FIXED));
    assertEquals("AAAA", fixture.picture());
    assertEquals(4, fixture.committed.pages());
    fixture.settings.changeOvercommit(VmSettings.Overcommit.ALWAYS);
    map(BASE, tooMuch, FIXED);
  }

  // What else happens.

  @Test
  void pagesAreFaultedInWhenAskedFor() {
    map(BASE, 2 * PAGE, FIXED | MapFlags.POPULATE);
    assertEquals(List.of("populate 0-2 leniently"), fixture.ranges.take("populate"));
    map(address(2), PAGE, FIXED | MapFlags.POPULATE | MapFlags.NONBLOCK);
    assertEquals(List.of(), fixture.ranges.take("populate"));
    map(address(2), PAGE, FIXED | MapFlags.LOCKED);
    assertEquals(List.of("populate 2-3 leniently"), fixture.ranges.take("populate"));
  }

  @Test
  void sharedAnonymousMemoryIsAFileOfItsOwn() {
    int shared = MapFlags.SHARED | MapFlags.ANONYMOUS | MapFlags.FIXED;
    map(BASE, 2 * PAGE, shared);
    map(address(2), 2 * PAGE, shared);
    Vma lower = fixture.areaAt(0);
    assertNotNull(lower.file());
    assertEquals(0, lower.pageOffset());
    assertEquals(2, fixture.mm.vmas().size(), "two files do not merge");
    assertNull(lower.anonVma());
  }
}
