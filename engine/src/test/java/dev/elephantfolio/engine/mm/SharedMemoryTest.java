package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.READ_WRITE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.Smaps;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Shared anonymous memory: what one process has there, the others find. */
final class SharedMemoryTest {
  private final RangeFixture on = new RangeFixture();
  private final Process process = on.process;

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  private void share(long first, long pages) {
    process.mmap(
        page(first),
        pages * PAGE,
        READ_WRITE,
        MapFlags.SHARED | MapFlags.ANONYMOUS | MapFlags.FIXED);
  }

  /** The pages of the arena, from 0 on, that {@code who} maps. */
  private static List<Integer> mapped(Process who, int pages) {
    List<Integer> mapped = new ArrayList<>();
    for (int i = 0; i < pages; i++) {
      if (who.pagemap(page(i)).present()) {
        mapped.add(i);
      }
    }
    return mapped;
  }

  private static List<Integer> range(int from, int to) {
    List<Integer> range = new ArrayList<>();
    for (int i = from; i < to; i++) {
      range.add(i);
    }
    return range;
  }

  /**
   * <pre>
   *   written   |0 - - - - - - - - - - - - - - - - - - 39|
   *   read at 20         |16 - - - - - 31|
   * </pre>
   */
  @Test
  void aReadMapsWhatIsThereAroundIt() {
    share(0, 64);
    on.write(0, 40);
    Process child = process.fork("child");
    assertEquals(List.of(), mapped(child, 64));
    assertEquals(21, child.read(page(20)));
    assertEquals(range(16, 32), mapped(child, 64));
    assertEquals(1, child.read(page(0)));
    assertEquals(range(0, 32), mapped(child, 64));
    child.exit();
  }

  /** Only what is there: the page that is read is made, those around it are not. */
  @Test
  void aReadOfWhatIsNotThereMapsOne() {
    share(0, 64);
    assertEquals(0, process.read(page(20)));
    assertEquals(List.of(20), mapped(process, 64));
  }

  /** In an area that begins off a multiple of 16 the first window begins there. */
  @Test
  void theWindowBeginsWhereTheAreaDoes() {
    share(10, 50);
    on.write(10, 50);
    Process child = process.fork("child");
    assertEquals(13, child.read(page(12)));
    assertEquals(range(10, 26), mapped(child, 64));
    child.exit();
  }

  @Test
  void aWriteMapsTheOnePage() {
    share(0, 64);
    on.write(0, 64);
    Process child = process.fork("child");
    child.write(page(20), 7);
    assertEquals(List.of(20), mapped(child, 64));
    assertEquals(7, process.read(page(20)));
    child.exit();
  }

  /** Whoever maps a page sees that another has written it, though its own entry is clean. */
  @Test
  void aWriteMakesThePageDirtyForAll() {
    share(0, 1);
    Process child = process.fork("child");
    process.read(page(0));
    assertEquals(0, dirty(process));
    child.write(page(0), 7);
    assertEquals(PAGE / 2, dirty(process));
    child.exit();
  }

  /** After a read the first write is the processor's own affair: the kernel is not told. */
  @Test
  void aReadMapsItWritable() {
    share(0, 1);
    process.read(page(0));
    long faults = process.faults();
    process.write(page(0), 7);
    assertEquals(faults, process.faults());
    assertEquals(PAGE, dirty(process));
  }

  private static long dirty(Process who) {
    Smaps sum = who.smapsRollup();
    return sum.pssDirtyBytes();
  }

  /** What is cut into areas, and out of them again, is still one memory. */
  @Test
  void anAreaThatIsCutKeepsItsMemory() {
    share(0, 2);
    process.write(page(0), 7);
    process.mlock(page(0), PAGE);
    Process child = process.fork("child");
    assertEquals(7, child.read(page(0)));
    process.munlock(page(0), PAGE);
    process.munmap(page(0), 2 * PAGE);
    assertEquals(7, child.read(page(0)));
    child.exit();
  }

  @Test
  void beyondTheEndThereIsNothing() {
    share(0, 2);
    process.mremap(page(0), 2 * PAGE, 8 * PAGE, 0, 0);
    process.write(page(1), 7);
    for (int i = 2; i < 8; i++) {
      long beyond = page(i);
      MemoryException read = assertThrows(MemoryException.class, () -> process.read(beyond));
      assertEquals(Optional.of(MemoryException.Signal.SIGBUS), read.signal());
      assertThrows(MemoryException.class, () -> process.write(beyond, 1));
    }
    assertErrno(Errno.EFAULT, () -> on.advise(0, 8, Madvise.POPULATE_READ));
  }

  // MADV_REMOVE.

  @Test
  void whatIsRemovedIsGoneForAll() {
    share(0, 32);
    on.write(0, 32);
    Process child = process.fork("child");
    child.read(page(5));
    on.advise(4, 8, Madvise.REMOVE);
    assertEquals(range(0, 4), mapped(process, 12));
    assertEquals(range(0, 4), mapped(child, 12));
    assertEquals(0, child.read(page(5)));
    assertEquals(4, child.read(page(3)));
    assertEquals(13, process.read(page(12)));
    process.write(page(5), 9);
    assertEquals(9, child.read(page(5)));
    child.exit();
  }

  @Test
  void onlySharedMemoryThatMayBeWrittenCanBeRemoved() {
    share(0, 4);
    on.map(4, 4);
    assertErrno(Errno.EINVAL, () -> on.advise(4, 4, Madvise.REMOVE));
    process.write(page(0), 7);
    process.mprotect(page(0), PAGE, Prot.READ);
    on.advise(0, 1, Madvise.REMOVE);
    assertEquals(0, process.read(page(0)));
    process.mlock(page(1), PAGE);
    assertErrno(Errno.EINVAL, () -> on.advise(1, 1, Madvise.REMOVE));
  }

  // MADV_PAGEOUT.

  @Test
  void whatOneMapsAloneIsPagedOutOfIt() {
    share(0, 4);
    process.write(page(0), 7);
    process.read(page(1));
    Process child = process.fork("child");
    child.write(page(2), 9);
    process.read(page(2));
    on.advise(0, 4, Madvise.PAGEOUT);
    assertEquals(List.of(2), mapped(process, 4));
    assertEquals(7, process.read(page(0)));
    // The page that nobody had written went for good: nothing to map around the others.
    assertEquals(List.of(0, 2), mapped(process, 4));
    assertEquals(0, process.read(page(1)));
    child.exit();
  }
}
