package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.NodeStat;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** That an ended process leaves nothing behind but what others use too. */
final class ExitCallTest {
  private final RangeFixture on = new RangeFixture();
  private final Kernel kernel = on.machine.kernel();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  /** Small, huge, zero, guard, file, shared, locked, sealed: everything there is. */
  private void mapOfEverything(Process process) {
    int fixed = MapFlags.FIXED;
    int anonymous = MapFlags.PRIVATE | MapFlags.ANONYMOUS | fixed;
    process.mmap(page(0), 4096 * PAGE, RangeFixture.READ_WRITE, anonymous);
    process.madvise(page(512), 1024 * PAGE, Madvise.HUGEPAGE);
    process.write(page(3), 1);
    process.write(page(512), 1);
    assertEquals(0, process.read(page(1024)));
    assertEquals(0, process.read(page(5)));
    process.madvise(page(8), 2 * PAGE, Madvise.GUARD_INSTALL);
    process.mlock(page(20), 4 * PAGE);
    process.munmap(page(600), PAGE);
    process.mmap(
        page(5000), 8 * PAGE, Prot.READ, MapFlags.PRIVATE | fixed, on.machine.file("f", true), 0);
    assertTrue(process.read(page(5001)) != 0);
    process.mmap(
        page(6000),
        8 * PAGE,
        RangeFixture.READ_WRITE,
        MapFlags.SHARED | fixed,
        on.machine.file("f", true),
        0);
    process.write(page(6001), 4);
    long heap = process.brk(0);
    assertEquals(heap + PAGE, process.brk(heap + PAGE));
    process.write(heap, 9);
    AddressSpace mm = process.memory();
    mm.mmapWriteLock();
    Vma sealed = Objects.requireNonNull(mm.vmas().at(page(3)));
    sealed.writeLock();
    sealed.addFlags(VmFlags.SEALED);
    mm.mmapWriteUnlock();
  }

  @Test
  void everythingGoes() {
    long tables = kernel.pageTableFrames().sum();
    long charged = kernel.committed().pages();
    Process other = on.machine.spawn("other");
    mapOfEverything(other);
    on.check();
    other.exit();
    on.check();
    assertFalse(other.isAlive());
    assertEquals(tables, kernel.pageTableFrames().sum());
    assertEquals(charged, kernel.committed().pages());
    assertEquals(0, kernel.nodeStats().get(NodeStat.NR_ANON_PAGES));
    assertEquals(0, kernel.nodeStats().get(NodeStat.NR_ANON_TRANSPARENT_HUGEPAGES));
    assertEquals(0, kernel.nodeStats().get(NodeStat.NR_MLOCK));
    assertEquals(0, kernel.nodeStats().get(NodeStat.NR_MAPPED));
    assertEquals(0, kernel.deferred().length());
  }

  @Test
  void hugeZeroPageMayGoAfterItsLastUser() {
    Process other = on.machine.spawn("other");
    mapOfEverything(other);
    assertEquals(0, kernel.hugeZero().shrink(), "in use");
    other.exit();
    assertEquals(512, kernel.hugeZero().shrink());
  }

  @Test
  void relativesKeepTheirPages() {
    mapOfEverything(on.process);
    Process child = on.process.fork("child");
    Process grandchild = child.fork("grandchild");
    child.exit();
    on.check();
    assertEquals(1, grandchild.read(page(3)));
    assertEquals(1, grandchild.read(page(512)));
    assertEquals(2, grandchild.pagemap(page(3)).mapCount());
    grandchild.exit();
    on.check();
    assertEquals(1, on.process.pagemap(page(3)).mapCount());
  }

  @Test
  void processWithoutPagesEndsToo() {
    Process other = on.machine.spawn("other");
    other.exit();
    on.check();
  }
}
