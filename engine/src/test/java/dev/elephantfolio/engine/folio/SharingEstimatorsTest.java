package dev.elephantfolio.engine.folio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.SharingEstimators.Answers;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The estimators on the states where they differ from the truth, and on some where all agree. */
final class SharingEstimatorsTest {
  private static final long PAGE = 4096;
  private static final long HUGE = 2L << 20;
  private static final long BASE = 0x1000_0000_0000L;
  private static final int READ_WRITE = Prot.READ | Prot.WRITE;

  private final Machine machine =
      Machine.builder()
          .memoryBytes(128L << 20)
          .set("transparent_hugepage/enabled", "always")
          .build();
  private final Process parent = machine.spawn("parent");
  private final SharingEstimators estimators = estimators(machine.kernel());

  private static SharingEstimators estimators(Kernel kernel) {
    return new SharingEstimators(kernel.memMap(), kernel.mapCounts(), kernel.reverseMap());
  }

  @AfterEach
  void nothingIsLost() {
    Invariants.check(machine);
    machine.processes().forEach(Process::exit);
    Invariants.check(machine);
  }

  private void map(long lengthBytes) {
    int flags = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;
    parent.mmap(BASE, lengthBytes, READ_WRITE, flags);
    parent.write(BASE, 1);
  }

  private void splitPmd(Process process) {
    process.mprotect(BASE, PAGE, Prot.READ);
    process.mprotect(BASE, PAGE, READ_WRITE);
  }

  private Answers ask(Process process, long address) {
    return estimators.ask(process.pagemap(address).folio());
  }

  /**
   * <pre>
   *  parent  [ w | 255 empty | h256 ... h511 ]     w its own page, h256... the folio's upper half
   *  child   [     256 empty | h256 ... h511 ]     the folio's first page: mapped nowhere
   * </pre>
   */
  @Test
  void upperHalfSharedWithAChild() {
    map(HUGE);
    parent.madvise(BASE, HUGE / 2, Madvise.DONTNEED);
    Process child = parent.fork("child");
    parent.write(BASE, 2);
    long upperHalf = BASE + HUGE / 2;
    assertEquals(
        parent.pagemap(upperHalf).pfn(), child.pagemap(upperHalf).pfn(), "one frame for both");
    assertEquals(new Answers(0, false, true, 2, 256), ask(parent, upperHalf));
    assertEquals(new Answers(1, false, false, 1, 0), ask(parent, BASE));
  }

  /** With one page more shared, the mappings are more than the pages, and 6.10 sees it. */
  @Test
  void oneMappingMoreThanPages() {
    map(HUGE);
    parent.madvise(BASE, HUGE / 2 - PAGE, Madvise.DONTNEED);
    Process child = parent.fork("child");
    assertEquals(new Answers(0, true, true, 2, 257), ask(child, BASE + HUGE / 2));
  }

  /** The first page is shared, the rest is one process's: every estimator calls it shared. */
  @Test
  void onlyTheFirstPageShared() {
    map(HUGE);
    parent.madvise(BASE + PAGE, HUGE - PAGE, Madvise.DONTFORK);
    Process child = parent.fork("child");
    assertEquals(new Answers(2, true, true, 2, 1), ask(child, BASE));
  }

  /** The last page is shared, the rest is gone: the first page says nothing of it. */
  @Test
  void onlyTheLastPageShared() {
    map(HUGE);
    parent.madvise(BASE, HUGE - PAGE, Madvise.DONTNEED);
    Process child = parent.fork("child");
    assertEquals(new Answers(0, false, true, 2, 1), ask(child, BASE + HUGE - PAGE));
    child.exit();
    assertEquals(new Answers(0, false, false, 1, 0), ask(parent, BASE + HUGE - PAGE));
  }

  @Test
  void sharedByPmds() {
    map(HUGE);
    assertEquals(new Answers(1, false, false, 1, 0), ask(parent, BASE));
    Process child = parent.fork("child");
    assertEquals(new Answers(2, true, true, 2, 512), ask(child, BASE));
    splitPmd(child);
    assertEquals(new Answers(2, true, true, 2, 512), ask(child, BASE));
  }

  /** A third owner finds no slot; when it is left alone with 512 mappings, nobody knows. */
  @Test
  void thirdOwnerLeftAlone() {
    map(HUGE);
    splitPmd(parent);
    Process second = parent.fork("second");
    Process third = second.fork("third");
    assertEquals(new Answers(3, true, true, 3, 512), ask(third, BASE));
    parent.munmap(BASE, HUGE);
    second.exit();
    assertEquals(new Answers(1, false, true, 1, 0), ask(third, BASE));
    third.madvise(BASE + PAGE, HUGE - PAGE, Madvise.DONTNEED);
    assertEquals(new Answers(1, false, false, 1, 0), ask(third, BASE));
  }

  /** Two places of one process are one owner. */
  @Test
  void movedHalf() {
    map(HUGE);
    int folio = parent.pagemap(BASE).folio();
    parent.mremap(BASE + HUGE / 2, HUGE / 2, HUGE / 2, 3, BASE + 4 * HUGE);
    assertEquals(folio, parent.pagemap(BASE + 4 * HUGE).folio());
    assertEquals(new Answers(1, false, false, 1, 0), estimators.ask(folio));
  }

  @Test
  void smallFolio() {
    map(PAGE);
    assertEquals(new Answers(1, false, false, 1, 0), ask(parent, BASE));
    Process child = parent.fork("child");
    assertEquals(new Answers(2, true, true, 2, 1), ask(child, BASE));
  }

  @Test
  void asksOnlyAboutAnonymousFolios() {
    map(HUGE);
    int tail = parent.pagemap(BASE + PAGE).pfn();
    assertThrows(IllegalArgumentException.class, () -> estimators.ask(tail));
    int zeroPage = machine.kernel().zeroPfn();
    assertThrows(IllegalArgumentException.class, () -> estimators.ask(zeroPage));
  }
}
