package dev.elephantfolio.engine.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.rmap.AnonVma;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which ranges merge, as pictures: see {@link MmFixture}. */
class VmaMergeTest {
  private MmFixture fixture = new MmFixture();

  @AfterEach
  void isWhole() {
    fixture.check();
  }

  private void expectMap(String before, char letter, int from, int to, String after) {
    fixture = new MmFixture();
    fixture.draw(before);
    fixture.map(letter, from, to);
    assertEquals(after, fixture.picture(), before + " + " + letter + from + "-" + to);
    fixture.check();
  }

  private void expectChange(String before, char letter, int from, int to, String after) {
    fixture = new MmFixture();
    fixture.draw(before);
    fixture.change(letter, from, to);
    assertEquals(after, fixture.picture(), before + " * " + letter + from + "-" + to);
    fixture.check();
  }

  @Test
  void aNewRangeJoinsNeighboursOfItsKind() {
    expectMap("AA  BB", 'A', 2, 4, "AAAA|BB");
    expectMap("BB  AA", 'A', 2, 4, "BB|AAAA");
    expectMap("AA  AA", 'A', 2, 4, "AAAAAA");
    expectMap("BB  CC", 'A', 2, 4, "BB|AA|CC");
    expectMap("AA   AA", 'A', 2, 4, "AAAA AA");
    expectMap("AA   AA", 'A', 3, 5, "AA AAAA");
    expectMap("AA    AA", 'A', 3, 5, "AA AA AA");
    expectMap("", 'A', 2, 4, "  AA");
  }

  @Test
  void aChangedRangeJoinsNeighboursOfItsNewKind() {
    //                                            previous      middle        next
    expectChange("AABBCC", 'A', 2, 4, "AAAA|CC"); // grows         goes
    expectChange("CCBBAA", 'A', 2, 4, "CC|AAAA"); //               goes          grows
    expectChange("AABBAA", 'A', 2, 4, "AAAAAA"); // grows         goes          goes
    expectChange("AABBBCC", 'A', 2, 4, "AAAA|B|CC"); // grows         shrinks
    expectChange("CCBBBAA", 'A', 3, 5, "CC|B|AAAA"); //               shrinks       grows
    expectChange("AABBBBAA", 'A', 3, 5, "AA|B|AA|B|AA"); //               splits
    expectChange("AABBBAA", 'A', 2, 4, "AAAA|B|AA"); // grows         shrinks
    expectChange("AABBBAA", 'A', 3, 5, "AA|B|AAAA"); //               shrinks       grows
    expectChange("BB", 'A', 0, 2, "AA");
    expectChange("BBB", 'A', 0, 2, "AA|B");
    expectChange("BBB", 'A', 1, 3, "B|AA");
    expectChange("AA BB AA", 'A', 3, 5, "AA AA AA");
  }

  /** Whether neighbours merge that differ in just one flag: only if that one is sticky. */
  @Test
  void everyFlagButStickyOnesKeepsAreasApart() {
    for (int bit = 0; bit < Long.SIZE; bit++) {
      long flag = 1L << bit;
      fixture = new MmFixture();
      fixture.draw("AA");
      fixture.mm.mmapWriteLock();
      Vma area = fixture.areaAt(0);
      MergeRequest request = request(area.flags() ^ flag, 2, 4);
      Vma merged = fixture.modify.mergeNew(request);
      fixture.mm.mmapWriteUnlock();
      boolean sticky = flag == VmFlags.SOFTDIRTY || flag == VmFlags.MAYBE_GUARD;
      assertEquals(sticky, merged != null, VmFlags.letters(flag));
      if (merged != null) {
        assertTrue(merged.has(flag), "the merged area keeps " + VmFlags.letters(flag));
        fixture.mm.accountPages(merged.flags(), 2);
      }
    }
  }

  /** Device memory and the like merge with nothing, not even with their equals. */
  @Test
  void specialAreasNeverMerge() {
    long[] special = {VmFlags.IO, VmFlags.DONTEXPAND, VmFlags.PFNMAP, VmFlags.MIXEDMAP};
    for (long flag : special) {
      fixture = new MmFixture();
      fixture.draw("AA");
      fixture.mm.mmapWriteLock();
      Vma area = fixture.areaAt(0);
      fixture.modify.resetFlags(area, area.flags() | flag);
      assertNull(fixture.modify.mergeNew(request(area.flags(), 2, 4)));
      fixture.mm.mmapWriteUnlock();
    }
  }

  private MergeRequest request(long flags, int from, int to) {
    long start = MmFixture.address(from);
    VmaTree tree = fixture.mm.vmas();
    return MergeRequest.ofNew(
        fixture.mm,
        start,
        MmFixture.address(to),
        Addresses.pages(start),
        flags,
        null,
        tree.before(start),
        tree.find(start));
  }

  @Test
  void stickyFlagsOfAllPartsStay() {
    fixture.draw("AABBAA");
    fixture.mm.mmapWriteLock();
    fixture.areaAt(4).addFlags(VmFlags.MAYBE_GUARD);
    fixture.mm.mmapWriteUnlock();
    fixture.change('A', 2, 4);
    assertEquals("AAAAAA", fixture.picture());
    assertTrue(fixture.areaAt(0).has(VmFlags.MAYBE_GUARD));
    // Nor does a split or a change of protection lose them.
    fixture.change('B', 0, 2);
    assertTrue(fixture.areaAt(0).has(VmFlags.MAYBE_GUARD));
    assertTrue(fixture.areaAt(2).has(VmFlags.MAYBE_GUARD));
  }

  @Test
  void filesMergeWhereTheirPagesContinue() {
    MappedFile file = MappedFile.file("library", false);
    MappedFile other = MappedFile.file("other", false);
    fixture.mm.mmapWriteLock();
    Vma area = insertFile(file, 0, 2, 10);
    Vma above = insertFile(file, 4, 6, 14);
    assertNull(fixture.modify.mergeNew(fileRequest(other, 12)));
    assertNull(fixture.modify.mergeNew(fileRequest(file, 11)));
    assertNull(fixture.modify.mergeNew(fileRequest(null, 12)));
    assertSame(area, fixture.modify.mergeNew(fileRequest(file, 12)));
    fixture.mm.mmapWriteUnlock();
    assertEquals("RRRRRR", fixture.picture());
    assertEquals(10, area.pageOffset());
    assertTrue(above.isDetached());
    fixture.mm.accountPages(area.flags(), 6);
  }

  private Vma insertFile(MappedFile file, int from, int to, long pageOffset) {
    return fixture.modify.insert(
        fixture.mm,
        MmFixture.address(from),
        MmFixture.address(to),
        MmFixture.flagsOf('R'),
        file,
        pageOffset);
  }

  private MergeRequest fileRequest(@Nullable MappedFile file, long pageOffset) {
    VmaTree tree = fixture.mm.vmas();
    long start = MmFixture.address(2);
    return MergeRequest.ofNew(
        fixture.mm,
        start,
        MmFixture.address(4),
        pageOffset,
        MmFixture.flagsOf('R'),
        file,
        tree.before(start),
        tree.find(start));
  }

  @Test
  void namesMustBeEqual() {
    fixture.draw("AA|AA");
    fixture.mm.mmapWriteLock();
    Vma upper = fixture.areaAt(2);
    Vma lower = fixture.areaAt(0);
    fixture.modify.rename(lower, "heap");
    Vma changed = fixture.modify.modifyName(lower, upper, upper.start(), upper.end(), "stack");
    fixture.modify.rename(changed, "stack");
    assertSame(upper, changed);
    assertSame(lower, fixture.modify.modifyName(lower, upper, upper.start(), upper.end(), "heap"));
    fixture.mm.mmapWriteUnlock();
    assertEquals("AAAA", fixture.picture());
  }

  // anon_vmas.

  /**
   * Two neighbours, each without an anon_vma (-), with one of its own (A, B), or forked (f).
   *
   * <pre>
   *   lower \ upper |  -   A   B   f
   *   --------------+----------------
   *         -       | yes yes yes  no
   *         A       | yes yes  no  no
   *         f       |  no  no  no  -
   * </pre>
   */
  @Test
  void anonVmasDecideWithinTheTable() {
    assertTrue(mergesWith('-', '-'));
    assertTrue(mergesWith('-', 'A'));
    assertTrue(mergesWith('-', 'B'));
    assertTrue(!mergesWith('-', 'f'));
    assertTrue(mergesWith('A', '-'));
    assertTrue(mergesWith('A', 'A'));
    assertTrue(!mergesWith('A', 'B'));
    assertTrue(!mergesWith('A', 'f'));
    assertTrue(!mergesWith('f', '-'));
    assertTrue(!mergesWith('f', 'A'));
    assertTrue(!mergesWith('f', 'B'));
  }

  /** Whether an area of kind B next to one of kind A merges with it when it becomes A. */
  private boolean mergesWith(char lower, char upper) {
    fixture = new MmFixture();
    fixture.draw("AABB");
    give(fixture.areaAt(0), lower, null);
    give(fixture.areaAt(2), upper, fixture.areaAt(0));
    fixture.change('A', 2, 4);
    boolean merged = fixture.picture().equals("AAAA");
    if (merged && (lower != '-' || upper != '-')) {
      assertEquals(1, fixture.areaAt(0).anonVmaChains().size(), "one chain: " + lower + upper);
      assertTrue(fixture.areaAt(0).anonVma() != null, "has the pages' anon_vma");
    }
    fixture.check();
    return merged;
  }

  private void give(Vma vma, char state, @Nullable Vma owner) {
    fixture.mm.mmapReadLock();
    switch (state) {
      case '-' -> {}
      case 'A' -> share(vma, owner);
      case 'B' -> fixture.anonVmas.prepare(vma);
      case 'f' -> {
        Vma parent = new Vma(fixture.mm, vma.start(), vma.end(), vma.pageOffset(), 0, null);
        fixture.anonVmas.prepare(parent);
        fixture.anonVmas.fork(vma, parent);
        assertEquals(2, vma.anonVmaChains().size());
      }
      default -> throw new AssertionError(state);
    }
    fixture.mm.mmapReadUnlock();
  }

  private void share(Vma vma, @Nullable Vma owner) {
    if (owner == null || owner.anonVma() == null || owner.anonVmaChains().size() != 1) {
      fixture.anonVmas.prepare(vma);
    } else {
      vma.setAnonVma(owner.anonVma());
      fixture.anonVmas.cloneChain(vma, owner);
    }
  }

  /** Whichever of the three was touched, the merged area can find its pages. */
  @Test
  void theAnonVmaOfAnyPartIsTakenOver() {
    for (int touched : new int[] {0, 2, 4}) {
      fixture = new MmFixture();
      fixture.draw("AABBAA");
      fixture.touch(touched);
      AnonVma anonVma = fixture.areaAt(touched).anonVma();
      fixture.change('A', 2, 4);
      assertEquals("AAAAAA", fixture.picture());
      assertSame(anonVma, fixture.areaAt(0).anonVma(), "touched at " + touched);
      assertEquals(1, fixture.areaAt(0).anonVmaChains().size());
      fixture.check();
    }
  }

  /** Both neighbours go with what lies between, but not with each other: only the lower merges. */
  @Test
  void strangersOnBothSidesDoNotMeet() {
    fixture.draw("AABBAA");
    fixture.touch(0);
    fixture.touch(4);
    assertNotSame(fixture.areaAt(0).anonVma(), fixture.areaAt(4).anonVma());
    fixture.change('A', 2, 4);
    assertEquals("AAAA|AA", fixture.picture());
  }

  /** Touched areas that only a protection parts share an anon_vma, so that they can merge again. */
  @Test
  void aProtectionTakenBackMergesAgain() {
    fixture.draw("AAAAAA");
    fixture.change('R', 2, 4);
    fixture.touch(0);
    fixture.touch(4);
    fixture.touch(2);
    // The outer two were no neighbours when they were touched; the upper one is asked first.
    assertSame(fixture.areaAt(4).anonVma(), fixture.areaAt(2).anonVma());
    assertNotSame(fixture.areaAt(0).anonVma(), fixture.areaAt(2).anonVma());
    assertEquals("AA|RR|AA", fixture.picture());
    fixture.change('A', 2, 4);
    assertEquals("AA|AAAA", fixture.picture());
  }

  @Test
  void aSplitSharesTheAnonVmaAndMergesBack() {
    fixture.draw("AAAAAA");
    fixture.touch(0);
    fixture.change('B', 2, 4);
    assertEquals("AA|BB|AA", fixture.picture());
    assertSame(fixture.areaAt(0).anonVma(), fixture.areaAt(5).anonVma());
    fixture.change('A', 2, 4);
    assertEquals("AAAAAA", fixture.picture());
    assertEquals(1, fixture.areaAt(0).anonVmaChains().size());
  }

  // What page tables and khugepaged are told.

  @Test
  void hugeMappingsAreSplitWhereAreasWillEnd() {
    fixture.draw("AAAAAA");
    fixture.change('B', 2, 4);
    assertEquals(List.of("adjust 0-2", "adjust 2-4"), fixture.ranges.take());
    fixture.change('A', 2, 3);
    assertEquals(List.of("adjust 0-3 and next", "khugepaged 0-3"), fixture.ranges.take());
    fixture.change('A', 3, 4);
    assertEquals(List.of("adjust 0-6", "khugepaged 0-6"), fixture.ranges.take());
    fixture.change('B', 4, 6);
    fixture.change('B', 3, 4);
    // The area below gives way: it is the one whose end moves.
    List<String> calls = fixture.ranges.take();
    assertEquals("adjust 0-3", calls.get(1), calls.toString());
    assertEquals("AAA|BBB", fixture.picture());
  }

  // Ways to change areas that mremap uses.

  @Test
  void anAreaGrowsAndShrinks() {
    fixture.draw("AA  AA B");
    fixture.mm.mmapWriteLock();
    Vma area = fixture.areaAt(0);
    assertSame(area, fixture.modify.mergeExtend(area, 2 * MmFixture.PAGE));
    fixture.mm.accountPages(area.flags(), 2);
    assertEquals("AAAAAA B", fixture.picture());
    fixture.modify.shrink(area, MmFixture.address(1), area.end());
    fixture.modify.shrink(area, area.start(), MmFixture.address(4));
    fixture.mm.accountPages(area.flags(), -3);
    fixture.mm.mmapWriteUnlock();
    assertEquals(" AAA   B", fixture.picture());
    assertEquals(Addresses.pages(area.start()), area.pageOffset());
  }

  @Test
  void anUntouchedCopyIsAsIfMappedThere() {
    fixture.draw("AA    BB");
    fixture.mm.mmapWriteLock();
    Vma source = fixture.areaAt(0);
    VmaModify.CopiedVma copied = copy(source, 4);
    assertSame(source, copied.source());
    assertEquals(Addresses.pages(MmFixture.address(4)), copied.copy().pageOffset());
    fixture.mm.mmapWriteUnlock();
    assertEquals("AA  AA|BB", fixture.picture());
  }

  @Test
  void anUntouchedCopyMayMergeWithItsSource() {
    fixture.draw("AA");
    fixture.mm.mmapWriteLock();
    Vma source = fixture.areaAt(0);
    VmaModify.CopiedVma copied = copy(source, 2);
    assertSame(source, copied.copy());
    fixture.mm.mmapWriteUnlock();
    assertEquals("AAAA", fixture.picture());
  }

  @Test
  void aTouchedCopyKeepsCountingItsPagesFromTheOldPlace() {
    fixture.draw("AA  AA");
    fixture.touch(0);
    fixture.mm.mmapWriteLock();
    Vma source = fixture.areaAt(0);
    Vma copy = copy(source, 2).copy();
    assertEquals(source.pageOffset(), copy.pageOffset());
    assertSame(source.anonVma(), copy.anonVma());
    fixture.mm.mmapWriteUnlock();
    assertEquals("AA|AA|AA", fixture.picture());
  }

  /** A copy may merge with an untouched area that shows the right pages next. */
  @Test
  void aTouchedCopyBroughtBackMerges() {
    fixture.draw("AAAA");
    fixture.touch(0);
    fixture.mm.mmapWriteLock();
    Vma whole = fixture.areaAt(0);
    Vma away = copyRange(whole, 2, 8);
    fixture.modify.shrink(whole, whole.start(), MmFixture.address(2));
    fixture.mm.accountPages(whole.flags(), -2);
    assertEquals("AA      AA", fixture.picture());
    VmaModify.CopiedVma back =
        fixture.modify.copy(away, MmFixture.address(2), away.lengthBytes(), away.pageOffset());
    fixture.mm.accountPages(whole.flags(), 2);
    assertSame(whole, back.copy());
    assertTrue(back.needsRmapLocks());
    fixture.mm.mmapWriteUnlock();
    assertEquals("AAAA    AA", fixture.picture());
  }

  private Vma copyRange(Vma vma, int fromPage, int toPage) {
    long from = MmFixture.address(fromPage);
    Vma copy =
        fixture
            .modify
            .copy(vma, MmFixture.address(toPage), vma.end() - from, vma.pageOffset(from))
            .copy();
    fixture.mm.accountPages(copy.flags(), copy.pages());
    return copy;
  }

  private VmaModify.CopiedVma copy(Vma vma, int toPage) {
    long pages = vma.pages();
    VmaModify.CopiedVma copied =
        fixture.modify.copy(vma, MmFixture.address(toPage), vma.lengthBytes(), vma.pageOffset());
    fixture.mm.accountPages(copied.copy().flags(), pages);
    return copied;
  }
}
