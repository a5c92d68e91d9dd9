package dev.elephantfolio.engine.secondary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.invariant.InvariantError;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.sync.Mutation;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A guest sees its process's memory, whatever becomes of the mappings, and keeps none of it. */
class SecondaryMmuTest {
  private static final long BASE = 0x1000_0000_0000L;
  private static final long GUEST = 0x4000_0000L;
  private static final long PAGE = 4096;
  private static final long HUGE = 512 * PAGE;
  private static final int RW = Prot.READ | Prot.WRITE;
  private static final int FIXED = MapFlags.FIXED | MapFlags.PRIVATE | MapFlags.ANONYMOUS;

  private Machine machine = Machine.builder().memoryBytes(128L << 20).cpus(2).build();
  private Process process = machine.spawn("vmm");
  private SecondaryMmu guest = attach();

  private SecondaryMmu attach() {
    machine.set("transparent_hugepage/enabled", "madvise");
    long _ = process.mmap(BASE, 4 * HUGE, RW, FIXED);
    return SecondaryMmu.attach(process, List.of(new MemorySlot(GUEST, BASE, 4 * HUGE)));
  }

  @BeforeEach
  void huge() {
    process.madvise(BASE, 4 * HUGE, Madvise.HUGEPAGE);
  }

  @AfterEach
  void everythingHolds() {
    if (machine.kernel().mutations().asSet().isEmpty()) {
      Invariants.check(machine);
    }
  }

  private void small() {
    process.madvise(BASE, 4 * HUGE, Madvise.NOHUGEPAGE);
  }

  private static void refused(Errno errno, Runnable access) {
    assertEquals(errno, assertThrows(MemoryException.class, access::run).errno());
  }

  @Test
  void bothSeeWhatEitherWrote() {
    small();
    process.write(BASE, 1);
    assertEquals(1, guest.read(GUEST));
    guest.write(GUEST, 2);
    assertEquals(2, process.read(BASE));
    guest.write(GUEST + PAGE, 3);
    assertEquals(3, process.read(BASE + PAGE));
    assertEquals(0, guest.read(GUEST + 2 * PAGE));
  }

  @Test
  void theFirstAccessFaultsAndTheNextOnesDoNot() {
    small();
    for (int i = 0; i < 10; i++) {
      guest.write(GUEST, i);
    }
    SecondaryMmuStats stats = guest.stats();
    assertEquals(1, stats.smallFaults());
    assertEquals(1, stats.processFaults());
    assertEquals(1, stats.small());
  }

  @Test
  void aReadOfWhatTheProcessMayWriteIsMappedForWriting() {
    small();
    process.write(BASE, 1);
    long _ = guest.read(GUEST);
    guest.write(GUEST, 2);
    assertEquals(1, guest.stats().smallFaults());
  }

  @Test
  void theZeroPageIsReplacedByAWrite() {
    small();
    assertEquals(0, guest.read(GUEST));
    guest.write(GUEST, 7);
    assertEquals(7, process.read(BASE));
    assertEquals(2, guest.stats().smallFaults());
  }

  @Test
  void theHugeZeroPageIsOneEntryUntilItIsWritten() {
    assertEquals(0, guest.read(GUEST + 5 * PAGE));
    assertEquals(1, guest.stats().huge());
    guest.write(GUEST + 5 * PAGE, 7);
    assertEquals(7, process.read(BASE + 5 * PAGE));
    assertEquals(2, guest.stats().hugeFaults());
  }

  @Test
  void aHugePageIsOneEntry() {
    guest.write(GUEST, 1);
    for (long page = 0; page < 512; page++) {
      guest.write(GUEST + page * PAGE, page);
    }
    assertEquals(1, guest.stats().hugeFaults());
    assertEquals(0, guest.stats().smallFaults());
    assertEquals(511, process.read(BASE + 511 * PAGE));
  }

  @Test
  void theEntryFollowsASplitAndACollapse() {
    guest.write(GUEST, 1);
    guest.write(GUEST + PAGE, 2);
    machine.splitHugePages(process, BASE, BASE + PAGE, 0);
    assertEquals(0, guest.stats().huge());
    assertEquals(1, guest.stats().hugeZapped());
    assertEquals(1, guest.read(GUEST));
    assertEquals(2, guest.read(GUEST + PAGE));
    assertEquals(2, guest.stats().small());
    Invariants.check(machine);
    process.madvise(BASE, HUGE, Madvise.COLLAPSE);
    assertEquals(0, guest.stats().small());
    assertEquals(2, guest.stats().smallZapped());
    assertEquals(1, guest.read(GUEST));
    assertEquals(2, guest.read(GUEST + PAGE));
    assertEquals(1, guest.stats().huge());
  }

  @Test
  void aSplitOfTheMappingAloneMakesItSmallToo() {
    guest.write(GUEST, 1);
    process.mprotect(BASE + PAGE, PAGE, Prot.READ);
    assertEquals(1, guest.read(GUEST));
    assertEquals(0, guest.stats().huge());
    refused(Errno.EFAULT, () -> guest.write(GUEST + PAGE, 1));
    assertEquals(0, guest.read(GUEST + PAGE));
  }

  @Test
  void aSlotThatIsNotAlignedLikeTheProcessHasSmallEntriesOnly() {
    SecondaryMmu odd = SecondaryMmu.attach(process, List.of(new MemorySlot(PAGE, BASE, 2 * HUGE)));
    odd.write(PAGE, 1);
    assertEquals(1, process.read(BASE));
    assertEquals(0, odd.stats().huge());
    assertEquals(1, odd.stats().small());
    odd.close();
  }

  @Test
  void aSlotThatEndsWithinABlockHasSmallEntriesThere() {
    SecondaryMmu part =
        SecondaryMmu.attach(process, List.of(new MemorySlot(0, BASE, HUGE + HUGE / 2)));
    part.write(0, 1);
    part.write(HUGE, 2);
    assertEquals(1, part.stats().huge());
    assertEquals(1, part.stats().small());
    refused(Errno.EFAULT, () -> part.write(HUGE + HUGE / 2, 3));
    part.close();
  }

  @Test
  void whatIsUnmappedIsGone() {
    guest.write(GUEST, 1);
    process.munmap(BASE, HUGE);
    refused(Errno.EFAULT, () -> guest.read(GUEST));
    assertEquals(0, guest.stats().huge());
  }

  @Test
  void whatIsDiscardedReadsAsZero() {
    small();
    guest.write(GUEST, 1);
    process.madvise(BASE, PAGE, Madvise.DONTNEED);
    assertEquals(0, guest.read(GUEST));
  }

  @Test
  void protectionHoldsForTheGuestToo() {
    small();
    guest.write(GUEST, 1);
    process.mprotect(BASE, PAGE, Prot.READ);
    refused(Errno.EFAULT, () -> guest.write(GUEST, 2));
    assertEquals(1, guest.read(GUEST));
    process.mprotect(BASE, PAGE, Prot.NONE);
    refused(Errno.EFAULT, () -> guest.read(GUEST));
    process.mprotect(BASE, PAGE, RW);
    guest.write(GUEST, 2);
    assertEquals(2, process.read(BASE));
  }

  @Test
  void movedMemoryIsNotFollowed() {
    small();
    guest.write(GUEST, 1);
    long _ = process.mremap(BASE, PAGE, PAGE, 3, BASE + (1L << 30));
    refused(Errno.EFAULT, () -> guest.read(GUEST));
    assertEquals(1, process.read(BASE + (1L << 30)));
  }

  @Test
  void aGuestWriteAfterForkBreaksTheSharing() {
    small();
    guest.write(GUEST, 1);
    Process child = process.fork("child");
    guest.write(GUEST, 2);
    assertEquals(1, child.read(BASE));
    assertEquals(2, process.read(BASE));
  }

  @Test
  void aGuestWriteToAHugePageAfterForkBreaksTheSharing() {
    guest.write(GUEST, 1);
    Process child = process.fork("child");
    assertEquals(1, guest.read(GUEST));
    guest.write(GUEST, 2);
    assertEquals(1, child.read(BASE));
    assertEquals(2, process.read(BASE));
  }

  @Test
  void theProcessWritingAfterForkIsSeenByTheGuest() {
    small();
    guest.write(GUEST, 1);
    Process child = process.fork("child");
    assertEquals(1, guest.read(GUEST));
    process.write(BASE, 2);
    assertEquals(2, guest.read(GUEST));
    child.write(BASE, 3);
    assertEquals(2, guest.read(GUEST));
  }

  @Test
  void aGuestHoldsNoPage() {
    small();
    guest.write(GUEST, 1);
    int page = process.pagemap(BASE).pfn();
    machine.kernel().folios().lru().drainAll();
    assertEquals(1, machine.kernel().memMap().refCount(page));
    process.madvise(BASE, PAGE, Madvise.DONTNEED);
    assertEquals(0, machine.kernel().memMap().refCount(page));
  }

  @Test
  void aGuestWriteSavesWhatWasFreedLazily() {
    small();
    guest.write(GUEST, 1);
    process.madvise(BASE, PAGE, Madvise.FREE);
    guest.write(GUEST, 2);
    process.madvise(BASE, PAGE, Madvise.PAGEOUT);
    assertEquals(2, process.read(BASE));
  }

  @Test
  void whatAGuestMayWriteIsDirtyAndUsed() {
    small();
    process.write(BASE, 1);
    int page = process.pagemap(BASE).pfn();
    Folios folios = machine.kernel().folios();
    folios.lru().drainAll();
    long _ = guest.read(GUEST);
    assertTrue(machine.kernel().memMap().testFlag(page, FolioFlags.DIRTY));
    // Referenced by the lookup, and then again: so it is active.
    assertTrue(machine.kernel().memMap().testFlag(page, FolioFlags.ACTIVE));
  }

  @Test
  void ageIsKeptInTheGuestsEntries() {
    small();
    guest.write(GUEST, 1);
    assertTrue(process.memory().notifiers().testYoung(BASE));
    assertFalse(process.memory().notifiers().testYoung(BASE + PAGE));
    assertTrue(process.memory().notifiers().clearFlushYoung(BASE, BASE + HUGE));
    assertFalse(process.memory().notifiers().testYoung(BASE));
    assertFalse(process.memory().notifiers().clearYoung(BASE, BASE + HUGE));
    long _ = guest.read(GUEST);
    assertTrue(process.memory().notifiers().clearYoung(BASE, BASE + PAGE));
  }

  @Test
  void ageOfAHugeEntryIsOneMark() {
    guest.write(GUEST + 7 * PAGE, 1);
    assertTrue(process.memory().notifiers().testYoung(BASE));
    assertTrue(process.memory().notifiers().clearYoung(BASE + 100 * PAGE, BASE + 101 * PAGE));
    assertFalse(process.memory().notifiers().testYoung(BASE + 7 * PAGE));
  }

  @Test
  void addressesOutsideEverySlotAreRefused() {
    refused(Errno.EFAULT, () -> guest.read(GUEST - PAGE));
    refused(Errno.EFAULT, () -> guest.read(GUEST + 4 * HUGE));
    refused(Errno.EFAULT, () -> guest.write(BASE, 1));
  }

  @Test
  void slotsMustFit() {
    refused(Errno.EINVAL, () -> new MemorySlot(1, 0, PAGE));
    refused(Errno.EINVAL, () -> new MemorySlot(0, 0, 0));
    refused(Errno.EINVAL, () -> new MemorySlot(0, 0, -PAGE));
    refused(Errno.EINVAL, () -> new MemorySlot(0, 0, (1L << 47) + PAGE));
    refused(Errno.EINVAL, () -> new MemorySlot(0, (1L << 47) - PAGE, 2 * PAGE));
    List<MemorySlot> overlapping =
        List.of(new MemorySlot(0, BASE, 4 * PAGE), new MemorySlot(2 * PAGE, BASE, 4 * PAGE));
    refused(Errno.EEXIST, () -> SecondaryMmu.attach(process, overlapping));
  }

  @Test
  void twoSlotsMayShowTheSameMemory() {
    SecondaryMmu twice =
        SecondaryMmu.attach(
            process, List.of(new MemorySlot(0, BASE, HUGE), new MemorySlot(4 * HUGE, BASE, HUGE)));
    twice.write(0, 1);
    assertEquals(1, twice.read(4 * HUGE));
    process.madvise(BASE, HUGE, Madvise.DONTNEED);
    assertEquals(0, twice.read(4 * HUGE));
    assertEquals(0, twice.read(0));
    twice.close();
  }

  @Test
  void aGuestOfAllAddressesNeedsNoSlots() {
    SecondaryMmu all = SecondaryMmu.attach(process);
    all.write(BASE + 3 * HUGE, 9);
    assertEquals(9, process.read(BASE + 3 * HUGE));
    all.close();
  }

  @Test
  void severalGuestsOfOneProcess() {
    SecondaryMmu other = SecondaryMmu.attach(process);
    guest.write(GUEST, 1);
    assertEquals(1, other.read(BASE));
    process.madvise(BASE, HUGE, Madvise.DONTNEED);
    assertEquals(0, other.read(BASE));
    assertEquals(0, guest.read(GUEST));
    other.close();
    assertEquals(0, guest.read(GUEST));
  }

  @Test
  void theEndOfTheProcessIsTheEndOfItsMemory() {
    guest.write(GUEST, 1);
    small();
    guest.write(GUEST + 2 * HUGE, 1);
    assertEquals(3, machine.vmStat().get("nr_sec_page_table_pages"));
    process.exit();
    refused(Errno.EIO, () -> guest.read(GUEST));
    assertEquals(0, machine.vmStat().get("nr_sec_page_table_pages"));
    guest.close();
  }

  @Test
  void aClosedGuestHasNoMemory() {
    guest.write(GUEST, 1);
    guest.close();
    refused(Errno.EIO, () -> guest.read(GUEST));
    assertEquals(1, process.read(BASE));
    guest.close();
  }

  @Test
  void thereIsNoGuestOfAProcessThatIsGone() {
    process.exit();
    refused(Errno.ESRCH, () -> SecondaryMmu.attach(process));
  }

  @Test
  void aChildHasNoGuest() {
    guest.write(GUEST, 1);
    Process child = process.fork("child");
    child.munmap(BASE, 4 * HUGE);
    assertEquals(1, guest.read(GUEST));
    assertEquals(List.of(), child.memory().notifiers().subscribers());
  }

  @Test
  void withoutTheCallsAGuestGoesOnSeeingWhatIsGone() {
    machine =
        Machine.builder()
            .memoryBytes(128L << 20)
            .without(List.of(Mutation.NO_NOTIFIER_CALL))
            .build();
    process = machine.spawn("vmm");
    guest = attach();
    small();
    guest.write(GUEST, 1);
    process.madvise(BASE, PAGE, Madvise.DONTNEED);
    process.write(BASE, 2);
    assertEquals(1, guest.stats().small());
    assertThrows(InvariantError.class, () -> Invariants.check(machine));
  }
}
