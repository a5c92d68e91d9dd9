package dev.elephantfolio.engine.notifier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What khugepaged asks notifiers about the age of pages, and makes of the answer. */
class NotifierAgeTest {
  private static final long BASE = 0x1000_0000_0000L;
  private static final long PAGE = 4096;
  private static final long HUGE = 512 * PAGE;
  private static final int FIXED = MapFlags.FIXED | MapFlags.PRIVATE | MapFlags.ANONYMOUS;

  private final Machine machine = Machine.builder().memoryBytes(64L << 20).cpus(2).build();
  private final Process process = machine.spawn("subject");

  /** Says of one page that it was used. */
  private static final class OneYoungPage implements MmuNotifier {
    final long young;
    final List<Long> asked = new ArrayList<>();

    OneYoungPage(long young) {
      this.young = young;
    }

    @Override
    public void invalidateRangeStart(InvalidateRange range) {}

    @Override
    public void invalidateRangeEnd(InvalidateRange range) {}

    @Override
    public boolean testYoung(long address) {
      asked.add((address - BASE) / PAGE);
      return address == young;
    }
  }

  private OneYoungPage scanned(long young) {
    machine.set("transparent_hugepage/enabled", "madvise");
    OneYoungPage notifier = new OneYoungPage(young);
    machine.kernel().notifierRegistration().register(process.memory(), notifier);
    long _ = process.mmap(BASE, HUGE, Prot.READ | Prot.WRITE, FIXED);
    for (long at = BASE; at < BASE + HUGE; at += PAGE) {
      process.write(at, at);
    }
    process.madvise(BASE, HUGE, Madvise.COLD);
    for (long at = BASE; at < BASE + HUGE; at += PAGE) {
      machine.kernel().memMap().clearFlag(process.pagemap(at).pfn(), FolioFlags.REFERENCED);
    }
    long _ = process.read(BASE + 3 * PAGE);
    process.madvise(BASE + 3 * PAGE, PAGE, Madvise.COLD);
    process.madvise(BASE, HUGE, Madvise.HUGEPAGE);
    boolean _ = machine.khugepaged().fullScans(2);
    return notifier;
  }

  @Test
  void aPageThatASecondaryMmuUsesIsInUse() {
    OneYoungPage notifier = scanned(BASE + 7 * PAGE);
    assertEquals(HUGE, process.anonHugePagesBytes());
    assertEquals(7, notifier.asked.get(7));
  }

  @Test
  void pagesThatNobodyUsesStaySmall() {
    OneYoungPage notifier = scanned(0);
    assertEquals(0, process.anonHugePagesBytes());
    assertEquals(512, notifier.asked.stream().distinct().count());
  }

  @Test
  void whatTheProcessUsedIsNotAskedAbout() {
    machine.set("transparent_hugepage/enabled", "always");
    machine.set("transparent_hugepage/hugepages-2048kB/enabled", "never");
    OneYoungPage notifier = new OneYoungPage(0);
    machine.kernel().notifierRegistration().register(process.memory(), notifier);
    long _ = process.mmap(BASE, HUGE, Prot.READ | Prot.WRITE, FIXED);
    process.write(BASE + 3 * PAGE, 1);
    machine.set("transparent_hugepage/hugepages-2048kB/enabled", "always");
    process.write(BASE + 4 * PAGE, 1);
    boolean _ = machine.khugepaged().fullScans(2);
    assertFalse(notifier.asked.contains(3L));
  }
}
