package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.MmFixture.PAGE;
import static dev.elephantfolio.engine.mm.MmFixture.address;
import static dev.elephantfolio.engine.mm.MmFixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Errno;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** munmap: what goes, what stays, what is refused. */
class MunmapCallTest {
  private final MmFixture fixture = new MmFixture();

  @AfterEach
  void isWhole() {
    fixture.check();
  }

  private void unmap(int from, int to) {
    fixture.munmap.unmap(fixture.mm, address(from), (to - from) * PAGE);
  }

  @Test
  void areasAreCutAtTheEndsOfTheRange() {
    fixture.draw("AAAABB  CCCC");
    unmap(2, 9);
    assertEquals("AA       CCC", fixture.picture());
    assertEquals(
        List.of("adjust 0-2", "adjust 8-9", "zap 2-4", "zap 4-6", "zap 8-9", "free 2-9 within 2-9"),
        fixture.ranges.take());
    unmap(0, 2);
    assertEquals(List.of("zap 0-2", "free 0-2 within none-9"), fixture.ranges.take());
    unmap(9, 12);
    assertEquals(List.of("zap 9-12", "free 9-12 within none-none"), fixture.ranges.take());
    assertEquals(0, fixture.mm.totalVmPages());
  }

  @Test
  void aHoleInTheMiddleMakesTwo() {
    fixture.draw("AAAAAA");
    unmap(2, 4);
    assertEquals("AA  AA", fixture.picture());
    assertEquals(Addresses.pages(address(4)), fixture.areaAt(4).pageOffset());
  }

  @Test
  void holesAreNoError() {
    unmap(0, 10);
    fixture.draw("AA  AA");
    unmap(2, 4);
    assertEquals("AA  AA", fixture.picture());
    assertEquals(List.of(), fixture.ranges.take());
  }

  @Test
  void rangesThatMakeNoSense() {
    assertErrno(Errno.EINVAL, () -> fixture.munmap.unmap(fixture.mm, address(0) + 1, PAGE));
    assertErrno(Errno.EINVAL, () -> fixture.munmap.unmap(fixture.mm, address(0), 0));
    assertErrno(Errno.EINVAL, () -> fixture.munmap.unmap(fixture.mm, address(0), -1));
    long end = Addresses.TASK_SIZE;
    assertErrno(Errno.EINVAL, () -> fixture.munmap.unmap(fixture.mm, end - PAGE, 2 * PAGE));
    fixture.munmap.unmap(fixture.mm, end - PAGE, PAGE);
  }

  @Test
  void atTheLimitOnlyAHoleInTheMiddleIsRefused() {
    fixture.draw("AAAAA BB");
    fixture.settings.changeMaxMapCount(2);
    assertErrno(Errno.ENOMEM, () -> unmap(2, 3));
    unmap(0, 1);
    unmap(4, 7);
    assertEquals(" AAA   B", fixture.picture());
  }

  @Test
  void sealedAreasStay() {
    fixture.draw("AAAA|AA");
    fixture.mm.mmapWriteLock();
    Vma sealed = fixture.areaAt(4);
    fixture.modify.resetFlags(sealed, sealed.flags() | VmFlags.SEALED);
    fixture.mm.mmapWriteUnlock();
    assertErrno(Errno.EPERM, () -> unmap(5, 6));
    assertEquals(2, fixture.mm.vmas().size());
    assertErrno(Errno.EPERM, () -> unmap(2, 6));
    // As in Linux, the cut made before the sealed area was met stays.
    assertEquals(3, fixture.mm.vmas().size());
    unmap(2, 4);
  }

  @Test
  void peaksAreRemembered() {
    fixture.draw("AAAAAAAA");
    fixture.mm.addRss(RssKind.ANON, 5);
    unmap(0, 6);
    fixture.mm.addRss(RssKind.ANON, -5);
    assertEquals(2, fixture.mm.totalVmPages());
    assertEquals(8, fixture.mm.hiwaterVmPages());
    assertEquals(5, fixture.mm.hiwaterRssPages());
  }
}
