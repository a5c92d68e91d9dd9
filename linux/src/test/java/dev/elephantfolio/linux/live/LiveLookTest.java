package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is seen of real processes' memory. */
class LiveLookTest extends LiveFixture {
  @Test
  void aHugePageIsSeenWhole() {
    mapHuge(WINDOW, 2 * HUGE);
    store(a, WINDOW, 1, 42);
    LiveMemory memory = look(a, WINDOW, WINDOW + 2 * HUGE);
    LivePages pages = memory.pages();
    assertEquals(HUGE, memory.areas().getFirst().field("AnonHugePages"));
    assertEquals(512, pages.count());
    for (int page = 0; page < 512; page++) {
      assertTrue(pages.isByPmd(page) && pages.isPresent(page) && !pages.isFile(page));
      assertEquals(9, pages.order(page));
      assertEquals(pages.pfn(0), pages.headPfn(page));
      assertEquals(pages.pfn(0) + page, pages.pfn(page));
      assertEquals(page == 0 ? 42 : 0, pages.value(page));
      assertEquals(page == 0 ? HEAD : TAIL, pages.frameFlags(page) & (HEAD | TAIL));
    }
    assertTrue(memory.areas().getFirst().flags().contains("hg"));
  }

  @Test
  void partsOfFoliosOfEverySizeAreSeenRight() {
    for (int order = 2; order <= 8; order++) {
      machine.set(THP + "hugepages-" + (4 << order) + "kB/enabled", "always");
      long bytes = PAGE << order;
      long at = WINDOW + ((long) order << 30);
      map(at, 4 * bytes);
      store(a, at, 1, 1);
      store(a, at + 2 * bytes, 1, 1);
      ok(a.munmap(at, PAGE));
      ok(a.munmap(at + 3 * bytes - PAGE, PAGE));
      machine.set(THP + "hugepages-" + (4 << order) + "kB/enabled", "never");
      LivePages pages = look(a, at, at + 4 * bytes).pages();
      assertEquals((2 << order) - 2, pages.count());
      for (int page = 0; page < pages.count(); page++) {
        assertEquals(order, pages.order(page), "order " + order + " page " + page);
        int index = page < (1 << order) - 1 ? page + 1 : page - ((1 << order) - 1);
        assertEquals(index, pages.pfn(page) - pages.headPfn(page));
        assertFalse(pages.isByPmd(page));
      }
    }
  }

  /** Of huge pages that lie side by side in memory, one's end is the next one's beginning. */
  @Test
  void firstPagesOfNeighboursAreSeenAsPartsOfHugePages() {
    List<AddressRange> firstPages = firstPagesOfNeighbours(512);
    assumeFalse(firstPages.isEmpty(), "missing: free huge pages side by side in memory");
    for (AddressRange first : firstPages) {
      ok(a.munmap(first.startAddress() + PAGE, HUGE - PAGE));
    }
    LivePages pages = machine.observe(List.of(a), firstPages, true).getFirst().pages();
    assertEquals(firstPages.size(), pages.count());
    for (int page = 0; page < pages.count(); page++) {
      assertEquals(9, pages.order(page), "page " + page);
      assertEquals(pages.pfn(page), pages.headPfn(page));
    }
  }

  /** The first pages of those of {@code count} new huge pages that follow one another, in order. */
  private List<AddressRange> firstPagesOfNeighbours(int count) {
    mapHuge(WINDOW, count * HUGE);
    TreeMap<Long, AddressRange> byPfn = new TreeMap<>();
    for (long at = WINDOW; at < WINDOW + count * HUGE; at += HUGE) {
      store(a, at, 1, 1);
      byPfn.put(look(a, at, at + PAGE).pages().pfn(0), new AddressRange(at, at + PAGE));
    }
    return byPfn.keySet().stream()
        .filter(pfn -> byPfn.containsKey(pfn - 512) || byPfn.containsKey(pfn + 512))
        .map(byPfn::get)
        .toList();
  }

  @Test
  void zeroPagesGuardsAndSharedMemory() {
    map(WINDOW, 4 * PAGE);
    load(a, WINDOW);
    ok(a.madvise(WINDOW + PAGE, PAGE, GUARD_INSTALL));
    LivePages pages = look(a, WINDOW, WINDOW + 4 * PAGE).pages();
    assertEquals(2, pages.count());
    assertEquals(ZERO_PAGE, pages.frameFlags(0) & ZERO_PAGE);
    assertEquals(0, pages.value(0));
    assertTrue(pages.isGuard(1) && pages.isSwapped(1) && !pages.isPresent(1));
    assertFalse(pages.hasValue(1));
    assertEquals(0, pages.pfn(1));
    long shared = WINDOW + (1 << 30);
    ok(a.mmap(shared, PAGE, RW, SHARED_FIXED_ANONYMOUS));
    store(a, shared, 1, 3);
    assertTrue(look(a, shared, shared + PAGE).pages().isFile(0));
  }

  /** More runs of pages than the kernel tells of at a time, and than it is asked for at a time. */
  @Test
  void manyPagesWithHolesBetweenAreSeenOnceEach() {
    for (int count : new int[] {511, 512, 513, 1000, 1024, 1025, 1600}) {
      map(WINDOW, 2L * count * PAGE);
      for (int page = 0; page < count; page++) {
        store(a, WINDOW + 2L * page * PAGE, 1, page);
      }
      LivePages pages = look(a, WINDOW, WINDOW + 2L * count * PAGE).pages();
      assertEquals(count, pages.count());
      for (int page = 0; page < count; page++) {
        assertEquals(WINDOW + 2L * page * PAGE, pages.address(page));
        assertEquals(page, pages.value(page));
      }
    }
  }

  @Test
  void onlyWhatWasAskedForIsSeen() {
    map(WINDOW, 8 * PAGE);
    store(a, WINDOW, 8, 1);
    ok(a.fork("B"));
    LiveProcess b = machine.process("B");
    List<LiveMemory> both =
        machine.observe(
            List.of(b, a),
            List.of(
                new AddressRange(WINDOW, WINDOW + PAGE),
                new AddressRange(WINDOW + 4 * PAGE, WINDOW + 6 * PAGE)),
            false);
    assertEquals(List.of(b, a), both.stream().map(LiveMemory::process).toList());
    for (LiveMemory memory : both) {
      assertEquals(1, memory.areas().size());
      assertEquals(3, memory.pages().count());
      assertEquals(WINDOW, memory.pages().address(0));
      assertEquals(WINDOW + 5 * PAGE, memory.pages().address(2));
      assertFalse(memory.pages().hasValue(0));
    }
    assertEquals(both.get(0).pages().pfn(1), both.get(1).pages().pfn(1));
    assertEquals(List.of(), machine.observe(List.of(), List.of(), true));
  }

  /** A daemon may take the marks away, but nothing may set them. */
  @Test
  void lookingMarksNothingAsAccessed() {
    assumeFalse(!machine.readsValuesUnseen(), "missing: BPF programs that read kernel memory");
    map(WINDOW, 64 * PAGE);
    store(a, WINDOW, 64, 3);
    ok(a.madvise(WINDOW, 64 * PAGE, COLD));
    for (int i = 0; i < 3; i++) {
      LiveMemory memory = look(a, WINDOW, WINDOW + 64 * PAGE);
      assertEquals(0, memory.areas().getFirst().field("Referenced"));
      assertEquals(3, memory.pages().value(63));
    }
    load(a, WINDOW);
    ok(a.mprotect(WINDOW + PAGE, PAGE, 0));
    assertEquals(3, look(a, WINDOW, WINDOW + 2 * PAGE).pages().value(1), "though not readable");
  }

  @Test
  void foliosHaveArrivedWhereTheyWereSent() {
    map(WINDOW, 8 * PAGE);
    for (int round = 0; round < 50; round++) {
      store(a, WINDOW, 8, round);
      ok(a.mlock(WINDOW, 2 * PAGE));
      ok(a.madvise(WINDOW + 4 * PAGE, PAGE, FREE));
      LivePages pages = look(a, WINDOW, WINDOW + 8 * PAGE).pages();
      for (int page = 0; page < 8; page++) {
        long flags = pages.frameFlags(page);
        assertEquals(LRU, flags & LRU, "page " + page);
        assertEquals(page < 2 ? UNEVICTABLE : 0, flags & UNEVICTABLE, "page " + page);
        assertEquals(page == 4 ? 0 : SWAPBACKED, flags & SWAPBACKED, "page " + page);
      }
      ok(a.munlock(WINDOW, 2 * PAGE));
      ok(a.madvise(WINDOW, 8 * PAGE, DONTNEED));
    }
  }
}
