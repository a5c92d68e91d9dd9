package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.FolioAge;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifier;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SpinLock;
import dev.elephantfolio.engine.sync.SpinWait;
import dev.elephantfolio.engine.tlb.TranslationGate;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A guest whose memory is a process's memory, translated by tables of its own: what KVM keeps for a
 * virtual machine.
 *
 * <p>A guest access that its tables do not allow faults: the page is looked up in the process (and
 * faulted in there), mapped for the guest, and let go of at once. So the guest holds no page, and
 * the process's memory is split, collapsed, moved and freed as if it were not there; what keeps it
 * right is that it is told before ({@link MmuNotifier}). Where the process maps a 2 MiB block by
 * one entry, so does the guest, if its slot allows.
 *
 * <pre>
 *  field                     | guarded by
 *  --------------------------+-----------------------------------------------------------
 *  tables                    | lock for writing; accesses within {@code accesses} read
 *  invalidations             | lock for writing
 *  counts                    | lock
 * </pre>
 *
 * <p>Tables are given back when no fault is under way any more that might make one ({@code
 * faults}).
 *
 * <p>Any thread may access the guest's memory at any time. Behaviour: virt/kvm/kvm_main.c and
 * arch/x86/kvm/mmu/mmu.c of 6.18 (kvm_tdp_page_fault).
 */
public final class SecondaryMmu implements MmuNotifier, AutoCloseable {
  private final Kernel kernel;
  private final AddressSpace mm;
  private final List<MemorySlot> slots;
  private final boolean looksAgain;
  private final PrimaryLookup lookup;
  private final FolioAge age;
  private final SecondaryTables tables;
  private final TranslationGate accesses;
  private final SpinLock lock = new SpinLock(LockRank.SECONDARY_MMU);
  private final Invalidations invalidations = new Invalidations();
  private final TranslationGate faults;
  private final AtomicInteger releases = new AtomicInteger();

  private long smallFaults;
  private long hugeFaults;
  private long invalidationCount;
  private long smallZapped;
  private long hugeZapped;
  private long retries;

  private SecondaryMmu(Machine machine, AddressSpace mm, List<MemorySlot> slots) {
    this.kernel = machine.kernel();
    this.mm = mm;
    this.slots = slots;
    this.looksAgain = !kernel.mutations().has(Mutation.NO_NOTIFIER_RETRY);
    this.lookup = new PrimaryLookup(machine, mm);
    this.age = new FolioAge(kernel.memMap(), kernel.folios().lru(), kernel.events());
    this.accesses = new TranslationGate(kernel.cpus());
    this.faults = new TranslationGate(kernel.cpus());
    this.tables = new SecondaryTables(kernel);
  }

  /**
   * A guest whose addresses are those of {@code process}, all of them.
   *
   * @throws MemoryException as {@link #attach(Process, List)}
   */
  public static SecondaryMmu attach(Process process) {
    return attach(process, List.of(new MemorySlot(0, 0, 1L << 47)));
  }

  /**
   * A guest with memory in {@code slots}, which do not overlap in the guest. It lasts until {@link
   * #close}; when the process exits or execs before, it has no memory any more.
   *
   * @throws MemoryException EEXIST for overlapping slots, ENOMEM, ESRCH for a process that is gone
   */
  public static SecondaryMmu attach(Process process, List<MemorySlot> slots) {
    List<MemorySlot> kept = List.copyOf(slots);
    requireApart(kept);
    Machine machine = process.machine();
    SecondaryMmu guest = new SecondaryMmu(machine, process.memory(), kept);
    try {
      machine.kernel().notifierRegistration().register(guest.mm, guest);
    } catch (MemoryException gone) {
      guest.release();
      throw gone;
    }
    return guest;
  }

  private static void requireApart(List<MemorySlot> slots) {
    for (int i = 0; i < slots.size(); i++) {
      for (int j = 0; j < i; j++) {
        MemorySlot a = slots.get(i);
        MemorySlot b = slots.get(j);
        if (a.guestAddress() < b.guestEnd() && b.guestAddress() < a.guestEnd()) {
          throw new MemoryException(Errno.EEXIST);
        }
      }
    }
  }

  // Accesses of the guest.

  /**
   * Loads the word at a guest address.
   *
   * @throws MemoryException EFAULT where no slot is, or the process has no memory that may be read;
   *     EIO when the process is gone; ENOMEM when the kernel would kill for memory
   */
  public long read(long guestAddress) {
    while (true) {
      int cpu = kernel.cpus().current();
      accesses.enter(cpu);
      long entry = tables.load(guestAddress);
      if (Pte.allows(entry, false) && tables.markAccessed(guestAddress, entry, false)) {
        long word =
            Pte.isSpecial(entry)
                ? 0
                : kernel.contents().readLong(pfn(entry, guestAddress), (int) guestAddress & 0xFF8);
        accesses.exit(cpu);
        return word;
      }
      accesses.exit(cpu);
      fault(guestAddress, false);
    }
  }

  /**
   * Stores a word at a guest address.
   *
   * @throws MemoryException as {@link #read}, where the process's memory may not be written
   */
  public void write(long guestAddress, long word) {
    while (true) {
      int cpu = kernel.cpus().current();
      accesses.enter(cpu);
      long entry = tables.load(guestAddress);
      if (Pte.allows(entry, true) && tables.markAccessed(guestAddress, entry, true)) {
        kernel.contents().writeLong(pfn(entry, guestAddress), (int) guestAddress & 0xFF8, word);
        accesses.exit(cpu);
        return;
      }
      accesses.exit(cpu);
      fault(guestAddress, true);
    }
  }

  private static int pfn(long entry, long guestAddress) {
    int first = Pte.pfn(entry);
    return Pte.isLeaf(entry)
        ? first + ((int) (guestAddress >>> PageTables.PAGE_SHIFT) & 511)
        : first;
  }

  // Faults.

  private void fault(long guest, boolean write) {
    MemorySlot slot = slotAt(guest);
    int cpu = kernel.cpus().current();
    faults.enter(cpu);
    try {
      while (!tryMap(slot, guest, write)) {
        SpinWait.until(this, () -> !invalidations.concerns(guest));
      }
    } finally {
      faults.exit(cpu);
    }
  }

  private MemorySlot slotAt(long guest) {
    for (MemorySlot slot : slots) {
      if (slot.contains(guest)) {
        return slot;
      }
    }
    throw new MemoryException(Errno.EFAULT);
  }

  /** Looks the page up and maps it; false when an invalidation came between. */
  private boolean tryMap(MemorySlot slot, long guest, boolean write) {
    if (invalidations.isReleased()) {
      throw new MemoryException(Errno.EIO);
    }
    long host = slot.hostOf(guest);
    long seen = invalidations.sequence();
    GuestPage page = lookup.get(host, write);
    try {
      tables.prepare(guest, isHuge(slot, guest));
    } catch (MemoryException outOfMemory) {
      page.put();
      throw outOfMemory;
    }
    lock.lock();
    boolean mapped = !(looksAgain && invalidations.isStale(seen, guest));
    mapped = mapped && map(slot, guest, page.entry(), write);
    retries += mapped ? 0 : 1;
    page.put();
    lock.unlock();
    return mapped;
  }

  private boolean isHuge(MemorySlot slot, long guest) {
    return slot.mayBeHuge(guest) && lookup.isHuge(slot.hostOf(guest));
  }

  /**
   * Maps a page that the process maps for as long as the lock is held. False when the table that
   * this needs is not there, because the process mapped the block otherwise a moment ago.
   */
  private boolean map(MemorySlot slot, long guest, long page, boolean write) {
    long entry = page | Pte.YOUNG | (write ? Pte.DIRTY : 0);
    if (isHuge(slot, guest)) {
      mapHuge(guest, entry);
    } else if (tables.hasSmallTable(guest)) {
      mapSmall(guest, entry);
    } else {
      if (tables.zap(guest, guest + 1)) {
        accesses.flush();
      }
      return false;
    }
    markFolio(page);
    return true;
  }

  private void mapHuge(long guest, long entry) {
    int index = (int) (guest >>> PageTables.PAGE_SHIFT) & 511;
    long block = Pte.advance(entry, -index) | Pte.LEAF;
    tables.mapHuge(guest & PageTables.PMD_MASK, block, accesses::flush);
    hugeFaults++;
  }

  private void mapSmall(long guest, long entry) {
    if (tables.mapSmall(guest & -PageTables.PAGE_SIZE, entry)) {
      accesses.flush();
    }
    smallFaults++;
  }

  /** Nobody sees in the process's entries what the guest does: the folio has to remember it. */
  private void markFolio(long page) {
    if (!Pte.isSpecial(page)) {
      int head = kernel.memMap().head(Pte.pfn(page));
      if (Pte.isWritable(page)) {
        kernel.memMap().setFlag(head, FolioFlags.DIRTY);
      }
      age.markAccessed(head);
    }
  }

  // What the process tells.

  @Override
  public void invalidateRangeStart(InvalidateRange range) {
    if (!concerns(range)) {
      return;
    }
    lock.lock();
    invalidations.begin();
    invalidationCount++;
    long smallBefore = tables.small();
    long hugeBefore = tables.huge();
    boolean zapped = false;
    for (MemorySlot slot : slots) {
      if (range.intersects(slot.hostAddress(), slot.hostEnd())) {
        long from = slot.guestOf(Math.max(range.startAddress(), slot.hostAddress()));
        long to = slot.guestOf(Math.min(range.endAddress(), slot.hostEnd()));
        invalidations.add(from, to);
        zapped |= tables.zap(from, to);
      }
    }
    smallZapped += smallBefore - tables.small();
    hugeZapped += hugeBefore - tables.huge();
    if (zapped) {
      accesses.flush();
    }
    lock.unlock();
  }

  @Override
  public void invalidateRangeEnd(InvalidateRange range) {
    if (!concerns(range)) {
      return;
    }
    lock.lock();
    invalidations.end();
    lock.unlock();
  }

  private boolean concerns(InvalidateRange range) {
    for (MemorySlot slot : slots) {
      if (range.intersects(slot.hostAddress(), slot.hostEnd())) {
        return true;
      }
    }
    return false;
  }

  /** As {@link #clearYoung}: accesses mark anew at once, for every one reads the tables. */
  @Override
  public boolean clearFlushYoung(long startAddress, long endAddress) {
    return clearYoung(startAddress, endAddress);
  }

  @Override
  public boolean clearYoung(long startAddress, long endAddress) {
    boolean[] young = new boolean[1];
    forEachIn(startAddress, endAddress, (guest, _) -> young[0] |= tables.clearYoung(guest));
    return young[0];
  }

  @Override
  public boolean testYoung(long address) {
    boolean[] young = new boolean[1];
    forEachIn(address, address + 1, (_, entry) -> young[0] |= Pte.isYoung(entry));
    return young[0];
  }

  private void forEachIn(long hostStart, long hostEnd, SecondaryTables.Visitor visitor) {
    for (MemorySlot slot : slots) {
      long from = Math.max(hostStart, slot.hostAddress());
      long to = Math.min(hostEnd, slot.hostEnd());
      if (from < to) {
        tables.forEach(slot.guestOf(from), slot.guestOf(to), visitor);
      }
    }
  }

  @Override
  public void release() {
    lock.lock();
    invalidations.release();
    boolean zapped = tables.zapAll();
    if (zapped) {
      accesses.flush();
    }
    lock.unlock();
    // Who is in a fault may just be making a table.
    faults.flush();
    if (releases.getAndIncrement() == 0) {
      tables.destroy();
    }
  }

  /** Ends the guest: its memory is the process's alone again. */
  @Override
  public void close() {
    kernel.notifierRegistration().unregister(mm, this);
  }

  // Looking at it.

  public SecondaryMmuStats stats() {
    lock.lock();
    SecondaryMmuStats stats =
        new SecondaryMmuStats(
            smallFaults,
            hugeFaults,
            invalidationCount,
            smallZapped,
            hugeZapped,
            retries,
            lookup.faults(),
            tables.small(),
            tables.huge());
    lock.unlock();
    return stats;
  }

  @Override
  public long tableFrames() {
    return invalidations.isReleased() ? 0 : tables.frames();
  }

  @Override
  public void check() {
    if (invalidations.isUnderWay()) {
      throw new IllegalStateException(this + ": an invalidation has no end");
    }
    tables.forEach((guest, entry) -> check(slotAt(guest).hostOf(guest), guest, entry));
  }

  private void check(long host, long guest, long entry) {
    TranslationCheck.check(entry & ~Pte.LEAF, lookup.peek(host), host);
    if (Pte.isLeaf(entry) && !lookup.isHuge(host)) {
      throw new IllegalStateException(
          "%s: %x is huge, but not the process's %x".formatted(this, guest, host));
    }
  }

  @Override
  public String toString() {
    return "SecondaryMmu of " + mm;
  }
}
