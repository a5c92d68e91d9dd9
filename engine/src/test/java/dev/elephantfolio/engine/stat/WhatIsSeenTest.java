package dev.elephantfolio.engine.stat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.List;
import org.junit.jupiter.api.Test;

/** smaps, pagemap, kpagecount, kpageflags and vmstat of small known states. */
class WhatIsSeenTest {
  private static final long PAGE = 4096;
  private static final long HUGE = 2L << 20;
  private static final long START = 0x1000_0000_0000L;
  private static final int FIXED = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;

  private final Machine machine =
      Machine.builder()
          .memoryBytes(256L << 20)
          .set("transparent_hugepage/enabled", "always")
          .build();
  private final Process process = machine.spawn("seen");

  private VmaSmaps areaAt(Process of, long address) {
    return of.smaps().stream()
        .filter(area -> area.startAddress() <= address && address < area.endAddress())
        .findFirst()
        .orElseThrow();
  }

  private void map(long bytes) {
    assertEquals(START, process.mmap(START, bytes, Prot.READ | Prot.WRITE, FIXED));
  }

  /** {@code HHHH....}: one huge page of two, then half of it given back. */
  @Test
  void aHugePageAndWhatIsLeftOfIt() {
    map(2 * HUGE);
    process.write(START, 7);
    VmaSmaps whole = areaAt(process, START);
    assertEquals(2 * HUGE, whole.sizeBytes());
    assertEquals(HUGE, whole.memory().anonHugePagesBytes());
    assertEquals(HUGE, whole.memory().privateDirtyBytes());
    assertEquals("rw-p", whole.permissions());
    assertTrue(whole.thpEligible());
    assertEquals(List.of("rd", "wr", "mr", "mw", "me", "ac"), whole.flags());
    process.munmap(START + HUGE / 2, HUGE / 2);
    Smaps half = process.smapsRollup();
    assertEquals(0, half.anonHugePagesBytes());
    assertEquals(HUGE / 2, half.rssBytes() - stackBytes());
    assertEquals(1, machine.vmStat().get("thp_split_pmd"));
    assertEquals(1, machine.vmStat().get("thp_deferred_split_page"));
    assertEquals(1, machine.deferredSplitFolios());
  }

  private long stackBytes() {
    VmaSmaps stack = process.smaps().getLast();
    return stack.memory().rssBytes();
  }

  @Test
  void sharesAreDividedAfterFork() {
    process.madvise(mapSmall(4), 4 * PAGE, Madvise.NOHUGEPAGE);
    for (int i = 0; i < 4; i++) {
      process.write(START + i * PAGE, 1 + i);
    }
    Process child = process.fork("child");
    child.write(START, 9);
    Smaps parents = areaAt(process, START).memory();
    assertEquals(4 * PAGE, parents.rssBytes());
    assertEquals(PAGE + 3 * PAGE / 2, parents.pssBytes());
    assertEquals(3 * PAGE, parents.sharedDirtyBytes());
    assertEquals(PAGE, parents.privateDirtyBytes());
    PagemapEntry shared = process.pagemap(START + PAGE);
    assertEquals(shared.pfn(), child.pagemap(START + PAGE).pfn());
    assertEquals(2, machine.pageCount(shared.pfn()));
    assertFalse(shared.exclusive());
    assertTrue(child.pagemap(START).exclusive());
  }

  private long mapSmall(int pages) {
    map(pages * PAGE);
    return START;
  }

  @Test
  void frameByFrame() {
    map(HUGE);
    process.write(START, 7);
    PagemapEntry tail = process.pagemap(START + 5 * PAGE);
    assertTrue(tail.pmd());
    assertEquals(9, tail.order());
    assertEquals(5, tail.index());
    long mapped = KernelPages.MMAP | KernelPages.ANON | KernelPages.THP | KernelPages.SWAPBACKED;
    long bits = machine.pageFlags(tail.pfn());
    assertEquals(mapped, bits & mapped);
    assertEquals(
        KernelPages.COMPOUND_TAIL, bits & (KernelPages.COMPOUND_TAIL | KernelPages.COMPOUND_HEAD));
    assertEquals(
        KernelPages.COMPOUND_HEAD, machine.pageFlags(tail.folio()) & KernelPages.COMPOUND_HEAD);
    assertEquals(KernelPages.NOPAGE, machine.pageFlags((int) (256L << 20 >>> 12)));
    process.munmap(START, HUGE);
    assertEquals(0, machine.pageFlags(tail.pfn()) & ~KernelPages.BUDDY);
    assertEquals(0, machine.pageCount(tail.pfn()));
  }

  @Test
  void zeroPagesAndGuards() {
    process.madvise(mapSmall(8), 8 * PAGE, Madvise.NOHUGEPAGE);
    assertEquals(0, process.read(START));
    process.madvise(START + PAGE, PAGE, Madvise.GUARD_INSTALL);
    PagemapEntry zero = process.pagemap(START);
    assertTrue(zero.present() && zero.zero());
    assertEquals(KernelPages.ZERO_PAGE, machine.pageFlags(zero.pfn()) & KernelPages.ZERO_PAGE);
    PagemapEntry guard = process.pagemap(START + PAGE);
    assertTrue(guard.guard() && guard.swapped() && !guard.present());
    assertEquals(0, areaAt(process, START).memory().rssBytes());
    assertEquals(PagemapEntry.NONE, process.pagemap(START + 3 * PAGE));
  }

  /** One PMD for 512 pages: pagemap looks at the first page for all of them. */
  @Test
  void exclusiveUnderAPmdIsWhatTheFirstPageIs() {
    map(HUGE);
    process.write(START, 7);
    Process child = process.fork("child");
    child.write(START, 8);
    PagemapEntry fifth = process.pagemap(START + 5 * PAGE);
    assertTrue(fifth.pmd());
    assertEquals(2, fifth.mapCount());
    assertTrue(fifth.exclusive());
    assertFalse(child.pagemap(START + 5 * PAGE).exclusive());
    child.write(START + 5 * PAGE, 9);
    child.exit();
    Process other = process.fork("other");
    other.write(START + 5 * PAGE, 9);
    assertFalse(process.pagemap(START + 5 * PAGE).exclusive());
    assertEquals(1, process.pagemap(START + 5 * PAGE).mapCount());
  }

  @Test
  void hugeZeroPageCountsAsAFile() {
    map(2 * HUGE);
    assertEquals(0, process.read(START + PAGE));
    PagemapEntry huge = process.pagemap(START + PAGE);
    assertTrue(huge.zero() && huge.pmd() && huge.file() && !huge.exclusive());
    process.munmap(START, PAGE);
    PagemapEntry small = process.pagemap(START + PAGE);
    assertTrue(small.zero() && !small.pmd() && !small.file());
  }

  @Test
  void pageTablesAndTheMemoryMapHaveTheirPrice() {
    long before = process.pageTableBytes();
    map(HUGE);
    process.write(START, 1);
    // A PUD and a PMD table, and the PTE table that a huge page has in reserve.
    assertEquals(before + 3 * PAGE, process.pageTableBytes());
    assertEquals((256L << 20) / 4096 / 64, machine.vmStat().get("nr_memmap_boot_pages"));
  }
}
