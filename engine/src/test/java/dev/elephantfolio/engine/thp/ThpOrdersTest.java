package dev.elephantfolio.engine.thp;

import static dev.elephantfolio.engine.thp.ThpFixture.HUGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGE;
import static dev.elephantfolio.engine.thp.ThpOrders.ALL_ANON;
import static dev.elephantfolio.engine.thp.ThpOrders.PMD_BIT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which sizes a place may have. */
class ThpOrdersTest {
  private static final int ORDER_4 = 1 << 4;
  private static final long BUILT_BY_EXEC = VmFlags.STACK | VmFlags.STACK_INCOMPLETE_SETUP;

  private final ThpFixture f = new ThpFixture();
  private final ThpOrders orders = f.machine.kernel().thpOrders();
  private final long p = f.map(2);

  /** The area as it is after a first write, so that it has an anon_vma. */
  private Vma written() {
    f.fill(p, 1);
    return f.vma(p);
  }

  private Map<Purpose, Integer> ask(Vma vma, long vmFlags) {
    Map<Purpose, Integer> answers = new EnumMap<>(Purpose.class);
    for (Purpose purpose : Purpose.values()) {
      answers.put(purpose, orders.allowable(vma, vmFlags, purpose));
    }
    return answers;
  }

  private static Map<Purpose, Integer> all(int settings, int forced) {
    return new EnumMap<>(
        Map.of(
            Purpose.SMAPS,
            settings,
            Purpose.PAGEFAULT,
            settings,
            Purpose.KHUGEPAGED,
            settings,
            Purpose.FORCED_COLLAPSE,
            forced));
  }

  @Test
  void settingsAndAdvice() {
    Vma vma = written();
    long plain = vma.flags() & ~VmFlags.HUGEPAGE;
    long advised = plain | VmFlags.HUGEPAGE;
    assertEquals(all(0, ALL_ANON), ask(vma, plain));
    assertEquals(all(PMD_BIT, ALL_ANON), ask(vma, advised));
    f.set("enabled", "always");
    assertEquals(all(PMD_BIT, ALL_ANON), ask(vma, plain));
    f.set("enabled", "never");
    assertEquals(all(0, ALL_ANON), ask(vma, advised));
    f.set("hugepages-64kB/enabled", "madvise");
    assertEquals(all(0, ALL_ANON), ask(vma, plain));
    assertEquals(all(ORDER_4, ALL_ANON), ask(vma, advised));
    f.set("hugepages-64kB/enabled", "always");
    assertEquals(all(ORDER_4, ALL_ANON), ask(vma, plain));
  }

  @Test
  void switchedOff() {
    Vma vma = written();
    f.set("enabled", "always");
    long plain = vma.flags() & ~(VmFlags.HUGEPAGE | VmFlags.NOHUGEPAGE);
    long advised = plain | VmFlags.HUGEPAGE;
    assertEquals(all(0, 0), ask(vma, plain | VmFlags.NOHUGEPAGE));
    vma.mm().setFlag(MmFlags.DISABLE_THP_EXCEPT_ADVISED);
    assertEquals(all(0, ALL_ANON), ask(vma, plain));
    assertEquals(all(PMD_BIT, ALL_ANON), ask(vma, advised));
    vma.mm().setFlag(MmFlags.DISABLE_THP_COMPLETELY);
    assertEquals(all(0, 0), ask(vma, advised));
  }

  @Test
  void beforeTheFirstWriteOnlyCollapseIsRefused() {
    f.set("enabled", "always");
    Vma vma = f.vma(p);
    assertEquals(PMD_BIT, orders.allowable(vma, Purpose.PAGEFAULT));
    assertEquals(PMD_BIT, orders.allowable(vma, Purpose.SMAPS));
    assertEquals(0, orders.allowable(vma, Purpose.KHUGEPAGED));
    assertEquals(0, orders.allowable(vma, Purpose.FORCED_COLLAPSE));
  }

  @Test
  void theStackThatExecBuildsHasNone() {
    f.set("enabled", "always");
    Vma stack = new Vma(f.process.memory(), p, p + HUGE, 0, BUILT_BY_EXEC, null);
    assertEquals(all(0, 0), ask(stack, stack.flags()));
  }

  @Test
  void specialAreasAreNotCollapsed() {
    Vma vma = written();
    f.set("enabled", "always");
    long special = vma.flags() | VmFlags.DONTEXPAND;
    assertEquals(PMD_BIT, orders.allowable(vma, special, Purpose.PAGEFAULT));
    assertEquals(PMD_BIT, orders.allowable(vma, special, Purpose.SMAPS));
    assertEquals(0, orders.allowable(vma, special, Purpose.KHUGEPAGED));
    assertEquals(0, orders.allowable(vma, special, Purpose.FORCED_COLLAPSE));
  }

  @Test
  void anAreaTooSmallIsForFaultsAlone() {
    f.set("enabled", "always");
    f.set("hugepages-64kB/enabled", "always");
    f.fill(p, 1);
    f.process.munmap(p + 100 * PAGE, 2 * HUGE - 100 * PAGE);
    Vma vma = f.vma(p);
    assertEquals(PMD_BIT | ORDER_4, orders.allowable(vma, Purpose.PAGEFAULT));
    assertEquals(ORDER_4, orders.allowable(vma, Purpose.SMAPS));
    assertEquals(ORDER_4, orders.allowable(vma, Purpose.KHUGEPAGED));
    assertEquals(
        (1 << 7) - 1 & ALL_ANON, orders.allowable(vma, Purpose.FORCED_COLLAPSE), "up to 256K");
  }

  @Test
  void sharedMemoryHasNone() {
    f.set("enabled", "always");
    int flags = MapFlags.SHARED | MapFlags.ANONYMOUS;
    long shared = f.process.mmap(0, 4 * HUGE, Prot.READ | Prot.WRITE, flags);
    assertEquals(all(0, 0), ask(f.vma(shared), f.vma(shared).flags()));
  }

  /**
   * <pre>
   *   ....|████ ████ ████ ████|██..     64K blocks; the area starts and ends within one
   * </pre>
   */
  @Test
  void theBlockMustLieWithinTheArea() {
    f.process.munmap(p, 4 * PAGE);
    f.process.munmap(p + 100 * PAGE, 2 * HUGE - 100 * PAGE);
    Vma vma = f.vma(p);
    int wanted = 1 << 4 | 1 << 2 | PMD_BIT;
    assertEquals(1 << 2, orders.suitable(vma, p + 15 * PAGE, wanted));
    assertEquals(1 << 2 | 1 << 4, orders.suitable(vma, p + 16 * PAGE, wanted));
    assertEquals(1 << 2 | 1 << 4, orders.suitable(vma, p + 95 * PAGE, wanted));
    assertEquals(1 << 2, orders.suitable(vma, p + 96 * PAGE, wanted));
    assertEquals(0, orders.suitable(vma, p + 96 * PAGE, 1 << 4));
    assertEquals(0, orders.suitable(vma, p + 96 * PAGE, 0));
  }

  @Test
  void defragSaysHowHardAFaultTries() {
    Vma vma = f.vma(p);
    Vma advised = new Vma(vma.mm(), p, p + HUGE, 0, vma.flags() | VmFlags.HUGEPAGE, null);
    int direct = GfpFlags.DIRECT_RECLAIM;
    int wakes = GfpFlags.KSWAPD_RECLAIM;
    expectGfp("always", vma, direct | GfpFlags.NORETRY);
    expectGfp("always", advised, direct);
    expectGfp("defer", vma, wakes);
    expectGfp("defer", advised, wakes);
    expectGfp("defer+madvise", vma, wakes);
    expectGfp("defer+madvise", advised, direct);
    expectGfp("madvise", vma, 0);
    expectGfp("madvise", advised, direct);
    expectGfp("never", vma, 0);
    expectGfp("never", advised, 0);
  }

  private void expectGfp(String defrag, Vma vma, int bits) {
    f.set("defrag", defrag);
    assertEquals(GfpFlags.TRANSHUGE_LIGHT | bits, orders.gfp(vma), defrag);
  }

  @Test
  void defragOfKhugepagedSaysHowHardACollapseTries() {
    assertEquals(GfpFlags.TRANSHUGE, orders.collapseGfp(Purpose.KHUGEPAGED));
    f.set("khugepaged/defrag", 0);
    assertEquals(GfpFlags.TRANSHUGE_LIGHT, orders.collapseGfp(Purpose.KHUGEPAGED));
    assertEquals(GfpFlags.TRANSHUGE, orders.collapseGfp(Purpose.FORCED_COLLAPSE));
  }

  @Test
  void theHugeZeroPageCanBeSwitchedOff() {
    assertTrue(orders.zeroPageAllowed());
    f.set("use_zero_page", 0);
    assertFalse(orders.zeroPageAllowed());
  }

  /** {@code anon_beside_full}, for blocks of 64K: 16 pages. */
  @Test
  void fullNeighbours() {
    f.fill(p + 16 * PAGE, 16);
    assertTrue(beside(0), "below a full block");
    assertTrue(beside(32), "above a full block");
    assertFalse(beside(48));
    assertFalse(beside(16));
    f.process.madvise(p + 20 * PAGE, PAGE, 4);
    assertFalse(beside(0), "a hole");
    assertEquals(0, f.process.read(p + 20 * PAGE));
    assertTrue(beside(0), "the zero page fills it");
    f.process.mprotect(p + 16 * PAGE, 16 * PAGE, Prot.READ);
    assertFalse(beside(0), "another area");
    f.fill(p + HUGE - 16 * PAGE, 16);
    f.fill(p + HUGE + PAGE, 1);
    assertFalse(
        FullNeighbour.isBeside(f.vma(p + HUGE), table(p + HUGE), p + HUGE, 4), "another table");
  }

  private boolean beside(int page) {
    long address = p + page * PAGE;
    return FullNeighbour.isBeside(f.vma(address), table(address), address, 4);
  }

  private dev.elephantfolio.engine.pagetable.PageTable table(long address) {
    var table = f.process.memory().tables().pteTable(address);
    if (table == null) {
      throw new AssertionError("no table");
    }
    return table;
  }
}
