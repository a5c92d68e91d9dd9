package dev.elephantfolio.engine.gup;

import static dev.elephantfolio.engine.gup.GupFixture.HUGE;
import static dev.elephantfolio.engine.gup.GupFixture.PAGE;
import static dev.elephantfolio.engine.gup.GupFixture.RW;
import static dev.elephantfolio.engine.gup.GupFixture.checkFilled;
import static dev.elephantfolio.engine.gup.GupFixture.fill;
import static dev.elephantfolio.engine.gup.GupFixture.word;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.io.Disk;
import dev.elephantfolio.engine.io.FixedBuffer;
import dev.elephantfolio.engine.io.Pipe;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.Pte;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The anonymous cases of the kernel's copy-on-write self-test that hold pages: whoever holds one
 * must see what he is promised, whatever fork and writes do. (tools/testing/selftests/mm/cow.c)
 */
final class CowPinTest {
  private static final int MAYMOVE = 1;
  private static final int FIXED = 2;

  /** The memory that a case runs on. */
  enum Memory {
    BASE_PAGE(PAGE, 0),
    PMD_THP(HUGE, 9),
    PTE_THP(HUGE, 9),
    SINGLE_PTE_OF_THP(PAGE, 9),
    PARTIALLY_MREMAPPED_THP(HUGE / 2, 9),
    PARTIALLY_SHARED_THP(HUGE, 9),
    FOLIOS_OF_16K(HUGE, 2),
    FOLIOS_OF_32K(HUGE, 3),
    FOLIOS_OF_64K(HUGE, 4),
    FOLIOS_OF_128K(HUGE, 5),
    FOLIOS_OF_256K(HUGE, 6),
    FOLIOS_OF_512K(HUGE, 7),
    FOLIOS_OF_1M(HUGE, 8);

    final long bytes;
    final int order;

    Memory(long bytes, int order) {
      this.bytes = bytes;
      this.order = order;
    }

    long make(GupFixture f) {
      return switch (this) {
        case BASE_PAGE -> written(f, f.map(PAGE), PAGE);
        case PMD_THP -> f.mapHuge();
        case PTE_THP -> pteMapped(f);
        case SINGLE_PTE_OF_THP -> singlePte(f);
        case PARTIALLY_MREMAPPED_THP -> partiallyMremapped(f);
        case PARTIALLY_SHARED_THP -> partiallyShared(f);
        default -> f.mapFoliosOf(order);
      };
    }

    private static long written(GupFixture f, long at, long bytes) {
      fill(f.process, at, bytes, 1);
      return at;
    }

    private static long pteMapped(GupFixture f) {
      long at = f.mapHuge();
      f.splitMapping(at);
      return at;
    }

    private static long singlePte(GupFixture f) {
      long at = pteMapped(f);
      f.process.madvise(at + PAGE, HUGE - PAGE, Madvise.DONTNEED);
      return at;
    }

    private static long partiallyMremapped(GupFixture f) {
      long at = pteMapped(f);
      long room = f.map(HUGE);
      f.process.mremap(at + HUGE / 2, HUGE / 2, HUGE / 2, MAYMOVE | FIXED, room);
      return at;
    }

    private static long partiallyShared(GupFixture f) {
      long at = pteMapped(f);
      f.process.madvise(at + PAGE, HUGE - PAGE, Madvise.DONTFORK);
      f.process.fork("sharer").exit();
      f.process.madvise(at + PAGE, HUGE - PAGE, Madvise.DOFORK);
      return at;
    }
  }

  private final GupFixture f = new GupFixture();
  private final Process parent = f.process;
  private long at;
  private long bytes;

  private void make(Memory memory) {
    at = memory.make(f);
    bytes = memory.bytes;
    assertEquals(memory.order, parent.pagemap(at).order());
    fill(parent, at, bytes, 1);
    f.check();
  }

  /** What the pipe gives must be what {@code seed} filled. */
  private void expectInPipe(Pipe pipe, int seed) {
    long spliced = Math.min(bytes, Pipe.BUFFERS * PAGE);
    assertEquals(spliced, pipe.bytes());
    long read =
        pipe.read(
            bytes, (offset, word) -> assertEquals(word(at + offset, seed), word, "at " + offset));
    assertEquals(spliced, read);
    assertEquals(0, pipe.bytes());
  }

  @ParameterizedTest
  @EnumSource
  void vmspliceAndUnmapInTheChild(Memory memory) {
    make(memory);
    vmspliceInTheChild();
  }

  /** Protecting and unprotecting must not make shared pages writable. */
  @ParameterizedTest
  @EnumSource
  void vmspliceAndUnmapInTheChildWithProtectionChanged(Memory memory) {
    make(memory);
    Process child = parent.fork("child");
    parent.mprotect(at, bytes, Prot.READ);
    parent.mprotect(at, bytes, RW);
    vmspliceInTheChild(child);
  }

  private void vmspliceInTheChild() {
    vmspliceInTheChild(parent.fork("child"));
  }

  private void vmspliceInTheChild(Process child) {
    Pipe pipe = new Pipe();
    child.io().vmsplice(pipe, at, bytes);
    child.munmap(at, bytes);
    f.check();
    fill(parent, at, bytes, 2);
    f.check();
    expectInPipe(pipe, 1);
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void vmspliceBeforeForkUnmapInTheParentAfter(Memory memory) {
    make(memory);
    Pipe pipe = new Pipe();
    parent.io().vmsplice(pipe, at, bytes);
    Process child = parent.fork("child");
    vmspliceInTheParent(child, pipe);
  }

  @ParameterizedTest
  @EnumSource
  void vmspliceAndUnmapInTheParentAfterFork(Memory memory) {
    make(memory);
    Process child = parent.fork("child");
    Pipe pipe = new Pipe();
    parent.io().vmsplice(pipe, at, bytes);
    vmspliceInTheParent(child, pipe);
  }

  private void vmspliceInTheParent(Process child, Pipe pipe) {
    parent.munmap(at, bytes);
    f.check();
    fill(child, at, bytes, 2);
    f.check();
    expectInPipe(pipe, 1);
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void fixedBufferOfAPageMappedReadOnly(Memory memory) {
    make(memory);
    FixedBuffer buffer = parent.io().registerBuffer(at, bytes);
    parent.mprotect(at, bytes, Prot.READ);
    parent.mprotect(at, bytes, RW);
    expectWritesReach(buffer);
  }

  @ParameterizedTest
  @EnumSource
  void fixedBufferAcrossFork(Memory memory) {
    make(memory);
    FixedBuffer buffer = parent.io().registerBuffer(at, bytes);
    Process child = parent.fork("child");
    f.check();
    expectWritesReach(buffer);
    checkFilled(child, at, bytes, 1);
    f.finish();
  }

  private void expectWritesReach(FixedBuffer buffer) {
    fill(parent, at, bytes, 2);
    Disk disk = new Disk(HUGE);
    assertEquals(bytes, buffer.write(disk, 0, 0, bytes));
    for (long offset = 0; offset < bytes; offset += PAGE) {
      assertEquals(word(at + offset, 2), disk.read(offset), "at " + offset);
      disk.write(offset, word(at + offset, 3));
    }
    assertEquals(bytes, buffer.read(disk, 0, 0, bytes));
    checkFilled(parent, at, bytes, 3);
    f.check();
    buffer.unregister();
    f.check();
  }

  @ParameterizedTest
  @EnumSource
  void readPinOfASharedPage(Memory memory) {
    for (boolean fast : new boolean[] {false, true}) {
      make(memory);
      Process child = parent.fork("child");
      expectReadPinFollows(fast);
      checkFilled(child, at, bytes, 1);
      child.exit();
    }
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void readPinOfAPageThatWasSharedBefore(Memory memory) {
    for (boolean fast : new boolean[] {false, true}) {
      make(memory);
      parent.fork("child").exit();
      expectReadPinFollows(fast);
    }
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void readPinOfAnExclusivePageMappedReadOnly(Memory memory) {
    for (boolean fast : new boolean[] {false, true}) {
      make(memory);
      mapReadOnly();
      expectReadPinFollows(fast);
    }
    f.finish();
  }

  /** As soft-dirty tracking does; writes fault then. */
  private void mapReadOnly() {
    PageTableCursor cursor = new PageTableCursor(parent.memory().tables());
    for (long page = at; page < at + bytes; page += PAGE) {
      boolean small = cursor.lockPte(page);
      assertTrue(small || cursor.lockPmd(page));
      long _ = cursor.update(Pte.WRITABLE, 0);
      cursor.unlock();
    }
    f.machine.kernel().translations().flush();
  }

  private void expectReadPinFollows(boolean fast) {
    PinnedPages pins =
        fast
            ? parent.pin(at, bytes, GupFlags.LONGTERM)
            : parent.pinSlow(at, bytes, GupFlags.LONGTERM);
    assertTrue(pins.isComplete());
    checkFilled(pins, 1);
    f.check();
    fill(parent, at, bytes, 2);
    checkFilled(pins, 2);
    f.check();
    pins.unpin();
  }
}
