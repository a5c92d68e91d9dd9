package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.MmFixture.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** brk: the heap grows, shrinks, and stays where it is when refused. */
class BrkCallTest {
  private static final int FIXED =
      MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED | MapFlags.NORESERVE;

  private final MmFixture fixture = new MmFixture();
  private final AddressSpace mm = fixture.mm;
  private final long start = mm.layout().startBrk();

  @AfterEach
  void isWhole() {
    fixture.check();
  }

  private long brk(long address) {
    return fixture.brk.brk(mm, address);
  }

  private Vma heap() {
    Vma vma = mm.vmas().at(start);
    assertNotNull(vma);
    return vma;
  }

  @Test
  void theHeapIsOneAreaThatGrowsInBytes() {
    assertEquals(start, brk(0), "asks where it is");
    assertEquals(start + 10, brk(start + 10));
    assertEquals(start + PAGE, brk(start + PAGE));
    assertEquals(1, heap().pages());
    assertEquals(start + 5 * PAGE + 1, brk(start + 5 * PAGE + 1));
    assertEquals(6, heap().pages());
    assertEquals(1, mm.vmas().size());
    assertEquals("rd wr mr mw me ac", VmFlags.letters(heap().flags()).strip());
    assertEquals(6, mm.dataVmPages());
    assertEquals(6, fixture.committed.pages());
  }

  /** Growing tells khugepaged: a heap grown in small steps becomes huge only through it. */
  @Test
  void growingTellsKhugepaged() {
    brk(start + PAGE);
    assertEquals(List.of(), fixture.ranges.take("khugepaged"));
    brk(start + 2 * PAGE);
    assertEquals(1, fixture.ranges.take("khugepaged").size());
  }

  @Test
  void theHeapShrinks() {
    brk(start + 6 * PAGE);
    assertEquals(start + 2 * PAGE + 5, brk(start + 2 * PAGE + 5));
    assertEquals(3, heap().pages());
    assertEquals(3, fixture.committed.pages());
    assertEquals(start + 2 * PAGE + 5, brk(start - 1), "never below its start");
    assertEquals(start, brk(start));
    assertNull(mm.vmas().at(start));
  }

  @Test
  void aForkedOrLockedHeapGoesOnInANewArea() {
    brk(start + 2 * PAGE);
    fixture.mlock.mlock(mm, start, 2 * PAGE);
    brk(start + 4 * PAGE);
    assertEquals(2, mm.vmas().size());
    assertEquals(2, heap().pages());
  }

  @Test
  void whatLiesAboveStopsIt() {
    fixture.mmap.map(mm, start + 5 * PAGE, PAGE, Prot.READ, FIXED);
    assertEquals(start, brk(start + 5 * PAGE), "a page must stay free");
    assertEquals(start + 4 * PAGE, brk(start + 4 * PAGE));
  }

  @Test
  void limitsStopIt() {
    brk(start + 2 * PAGE);
    long held = mm.brk();
    mm.changeLimits(Limits.standard().withData(3 * PAGE));
    assertEquals(held, brk(start + 4 * PAGE));
    mm.changeLimits(Limits.standard().withAddressSpace(3 * PAGE));
    assertEquals(held, brk(start + 4 * PAGE));
    mm.changeLimits(Limits.standard());
    assertEquals(held, brk(start + (MmFixture.MEMORY_PAGES + 10) * PAGE), "the commit limit");
    assertEquals(held, brk(Addresses.TASK_SIZE), "the address space");
    fixture.settings.changeMaxMapCount(0);
    assertEquals(held, brk(held + PAGE));
    assertEquals(2, fixture.committed.pages());
  }

  @Test
  void aLockedProcessGetsItsHeapFaultedIn() {
    fixture.mlock.mlockall(mm, MlockCalls.MCL_FUTURE);
    brk(start + 3 * PAGE);
    assertEquals(1, fixture.ranges.take("populate").size());
    assertEquals(3, mm.lockedVmPages());
    mm.changeCapabilities(Capabilities.NONE);
    mm.changeLimits(Limits.standard().withMemlock(4 * PAGE));
    assertEquals(start + 3 * PAGE, brk(start + 5 * PAGE));
    assertEquals(start + 4 * PAGE, brk(start + 4 * PAGE));
  }
}
