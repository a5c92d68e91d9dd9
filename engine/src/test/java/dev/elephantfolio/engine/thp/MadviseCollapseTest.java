package dev.elephantfolio.engine.thp;

import static dev.elephantfolio.engine.thp.ThpFixture.HUGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGES;
import static dev.elephantfolio.engine.thp.ThpFixture.checkFilled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** MADV_COLLAPSE's errno and effect, each as a live 6.18 showed it. */
class MadviseCollapseTest {
  private static final Optional<Errno> DONE = Optional.empty();
  private static final Optional<Errno> EINVAL = Optional.of(Errno.EINVAL);
  private static final Optional<Errno> EAGAIN = Optional.of(Errno.EAGAIN);
  private static final Optional<Errno> ENOMEM = Optional.of(Errno.ENOMEM);

  private final ThpFixture f = new ThpFixture(128 << 20);
  private final Folios folios = f.machine.kernel().folios();
  private final long p = f.map(4);
  private final List<Integer> taken = new ArrayList<>();

  @BeforeEach
  void settingsDoNotMatter() {
    f.set("enabled", "never");
    f.set("khugepaged/max_ptes_none", 0);
    f.set("khugepaged/max_ptes_shared", 0);
    f.set("khugepaged/max_ptes_swap", 0);
  }

  @AfterEach
  void nothingIsLost() {
    taken.forEach(folios::put);
    f.finish();
  }

  private void expect(Optional<Errno> errno, long address, long length, String... pictures) {
    assertEquals(errno, ThpFixture.advise(f.process, address, length, Madvise.COLLAPSE));
    for (int i = 0; i < pictures.length; i++) {
      assertEquals(pictures[i], f.picture(p + i * HUGE), "place " + i);
    }
  }

  @Test
  void whateverIsMissingBecomesZero() {
    f.fill(p, 1);
    expect(DONE, p, HUGE, "512H");
    checkFilled(f.process, p, 1);
  }

  @Test
  void severalPlacesAtOnce() {
    f.fill(p, 4 * PAGES);
    expect(DONE, p, 4 * HUGE, "512H", "512H", "512H", "512H");
    checkFilled(f.process, p, 4 * PAGES);
  }

  @Test
  void aPlaceWithoutTableEndsTheCall() {
    f.fill(p + HUGE, 1);
    expect(EINVAL, p, 2 * HUGE, "512.", "1p 511.");
  }

  @Test
  void onlyWholePlacesCount() {
    f.fill(p, 2 * PAGES);
    expect(EINVAL, p + PAGE, 2 * PAGE, "512p");
    expect(DONE, p + PAGE, HUGE - PAGE, "512p");
    expect(DONE, p + PAGE, 2 * HUGE - PAGE, "512p", "512H");
  }

  @Test
  void anEmptiedTableWillDo() {
    f.fill(p, 1);
    f.process.madvise(p, PAGE, Madvise.DONTNEED);
    expect(DONE, p, HUGE, "512H");
  }

  @Test
  void readOnlyAndInaccessibleAreas() {
    f.fill(p, 2 * PAGES);
    f.process.mprotect(p, HUGE, Prot.READ);
    expect(DONE, p, HUGE, "512H");
    f.process.mprotect(p + HUGE, HUGE, Prot.NONE);
    expect(DONE, p + HUGE, HUGE, "512H", "512H");
  }

  @Test
  void areasThatWereOnlyReadHaveNoAnonVma() {
    for (int i = 0; i < PAGES; i++) {
      assertEquals(0, f.process.read(p + i * PAGE));
    }
    expect(EINVAL, p, HUGE, "512z");
  }

  @Test
  void aGuardIsInTheWay() {
    f.fill(p, PAGES);
    f.process.madvise(p + 5 * PAGE, PAGE, Madvise.GUARD_INSTALL);
    expect(EINVAL, p, HUGE, "5p 1g 506p");
  }

  @Test
  void pagesGivenUpComeAlong() {
    f.fill(p, PAGES);
    f.process.madvise(p, HUGE, Madvise.FREE);
    expect(DONE, p, HUGE, "512H");
    checkFilled(f.process, p, PAGES);
  }

  @Test
  void noHugePageAreasRefuse() {
    f.fill(p, PAGES);
    f.process.madvise(p, HUGE, Madvise.NOHUGEPAGE);
    expect(EINVAL, p, HUGE, "512p");
  }

  @Test
  void switchedOffForTheProcess() {
    f.fill(p, PAGES);
    f.process.memory().setFlag(MmFlags.DISABLE_THP_COMPLETELY);
    expect(EINVAL, p, HUGE, "512p");
    f.process.memory().clearFlag(MmFlags.DISABLE_THP_COMPLETELY);
    f.process.memory().setFlag(MmFlags.DISABLE_THP_EXCEPT_ADVISED);
    expect(DONE, p, HUGE, "512H");
  }

  @Test
  void whatIsHugeIsDone() {
    f.set("enabled", "always");
    assertEquals(0, f.process.read(p));
    f.process.write(p + HUGE, 1);
    expect(DONE, p, 2 * HUGE, "512Z", "512H");
  }

  @Test
  void lockedMemory() {
    f.fill(p, 1);
    f.process.mlock(p, HUGE);
    expect(DONE, p, HUGE, "512H");
  }

  @Test
  void sharedPages() {
    f.fill(p, PAGES);
    Process child = f.process.fork("child");
    assertEquals(DONE, ThpFixture.advise(child, p, HUGE, Madvise.COLLAPSE));
    assertEquals("512H", Table.picture(child, p));
    assertEquals("512p", f.picture(p));
    checkFilled(child, p, PAGES);
    expect(DONE, p, HUGE, "512H");
  }

  @Test
  void aRangeOverSeveralAreas() {
    f.fill(p, 2 * PAGES);
    f.process.mprotect(p + HUGE + PAGE, PAGE, Prot.READ);
    expect(EINVAL, p, 2 * HUGE, "512H", "512p");
  }

  @Test
  void aHoleInTheRange() {
    f.fill(p, 2 * PAGES);
    f.process.munmap(p + HUGE, PAGE);
    expect(ENOMEM, p, 2 * HUGE, "512H", "1. 511p");
  }

  @Test
  void smallAreas() {
    f.fill(p, 4);
    f.process.munmap(p + 4 * PAGE, 4 * HUGE - 4 * PAGE);
    expect(EINVAL, p, 4 * PAGE, "4p 508.");
  }

  @Test
  void sharedMemoryHasNoHugePagesHere() {
    int flags = MapFlags.SHARED | MapFlags.ANONYMOUS;
    long shared = f.process.mmap(0, 4 * HUGE, Prot.READ | Prot.WRITE, flags);
    long place = (shared + HUGE - 1) & -HUGE;
    f.process.write(place, 1);
    MemoryException refused =
        assertThrows(MemoryException.class, () -> f.process.madvise(place, HUGE, Madvise.COLLAPSE));
    assertEquals(Errno.EINVAL, refused.errno());
  }

  @Test
  void aPageThatIsBusyMayBeTriedAgain() {
    f.fill(p, 2 * PAGES);
    int folio = f.process.pagemap(p).folio();
    folios.get(folio);
    expect(EAGAIN, p, 2 * HUGE, "512p", "512H");
    folios.put(folio);
    expect(DONE, p, 2 * HUGE, "512H", "512H");
  }

  @Test
  void noMemory() {
    f.fill(p, 2 * PAGES);
    int folio = folios.allocate(9, GfpFlags.TRANSHUGE);
    while (folio != 0) {
      taken.add(folio);
      folio = folios.allocate(9, GfpFlags.TRANSHUGE);
    }
    expect(ENOMEM, p, 2 * HUGE, "512p", "512p");
  }

  @Test
  void everyFailureHasItsErrno() {
    for (ScanResult result : ScanResult.values()) {
      Errno expected =
          switch (result) {
            case ALLOC_HUGE_PAGE_FAIL -> Errno.ENOMEM;
            case CGROUP_CHARGE_FAIL, EXCEED_NONE_PTE -> Errno.EBUSY;
            case PAGE_COUNT, PAGE_LOCK, PAGE_LRU, DEL_PAGE_LRU, PAGE_FILLED -> Errno.EAGAIN;
            default -> Errno.EINVAL;
          };
      assertEquals(expected, result.madviseErrno(), result.kernelName());
    }
  }
}
