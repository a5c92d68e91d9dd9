package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.notifier.SecondaryTlb;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.SpinLock;
import java.util.Arrays;

/**
 * A device that walks a process's own page tables through an IOMMU, faults pages in like the
 * process itself, and remembers the translations it found in a small TLB.
 *
 * <p>It marks entries as used and written as a processor does, so nobody but those who flush
 * translations has to tell it anything.
 *
 * <pre>
 *  field            | guarded by
 *  -----------------+-----------
 *  pages, entries   | lock
 *  hits, released   | lock
 * </pre>
 *
 * <p>A walk and what it leaves in the TLB are one step under the lock, and a flush comes after the
 * entry was changed and takes the lock too: so either the walk finds the new entry, or the flush
 * finds the old one in the TLB. Any thread may access it at any time.
 */
public final class SharedTableDevice implements SecondaryTlb, AutoCloseable {
  /** Places of the TLB; a page has its place by the low bits of its number. */
  private static final int PLACES = 64;

  private static final long NO_PAGE = -1;

  private final Kernel kernel;
  private final AddressSpace mm;
  private final PrimaryLookup lookup;
  private final SpinLock lock = new SpinLock(LockRank.SECONDARY_TLB);
  private final long[] pages = new long[PLACES];
  private final long[] entries = new long[PLACES];
  private long hits;
  private boolean released;

  private SharedTableDevice(Machine machine, AddressSpace mm) {
    this.kernel = machine.kernel();
    this.mm = mm;
    this.lookup = new PrimaryLookup(machine, mm);
    Arrays.fill(pages, NO_PAGE);
  }

  /**
   * Lets a device use the memory of {@code process}.
   *
   * @throws MemoryException ESRCH for a process that is gone
   */
  public static SharedTableDevice attach(Process process) {
    Machine machine = process.machine();
    SharedTableDevice device = new SharedTableDevice(machine, process.memory());
    machine.kernel().notifierRegistration().register(device.mm, device);
    return device;
  }

  /**
   * Loads the word at an address of the process.
   *
   * @throws MemoryException EFAULT where the process has no memory that may be read; EIO when the
   *     process is gone, or this is closed; ENOMEM
   */
  public long read(long address) {
    while (true) {
      lockUnreleased();
      long entry = translate(address, false);
      if (!Pte.isNone(entry)) {
        long word =
            Pte.isSpecial(entry)
                ? 0
                : kernel.contents().readLong(Pte.pfn(entry), (int) address & 0xFF8);
        lock.unlock();
        return word;
      }
      lock.unlock();
      long _ = lookup.find(address, false);
    }
  }

  /**
   * Stores a word at an address of the process.
   *
   * @throws MemoryException as {@link #read}, where the process's memory may not be written
   */
  public void write(long address, long word) {
    while (true) {
      lockUnreleased();
      long entry = translate(address, true);
      if (!Pte.isNone(entry)) {
        kernel.contents().writeLong(Pte.pfn(entry), (int) address & 0xFF8, word);
        lock.unlock();
        return;
      }
      lock.unlock();
      long _ = lookup.find(address, true);
    }
  }

  private void lockUnreleased() {
    lock.lock();
    if (released) {
      lock.unlock();
      throw new MemoryException(Errno.EIO);
    }
  }

  /** From the TLB, or by a walk; none when the process must fault first. Under the lock. */
  private long translate(long address, boolean write) {
    long page = address >>> PageTables.PAGE_SHIFT;
    int place = (int) page & (PLACES - 1);
    if (pages[place] == page && suffices(entries[place], write)) {
      hits++;
      return entries[place];
    }
    PageTables tables = mm.tables();
    long entry = tables.load(address);
    while (Pte.allows(entry, write) && !tables.markAccessed(address, entry, write)) {
      entry = tables.load(address);
    }
    if (!Pte.allows(entry, write)) {
      return Pte.NONE;
    }
    pages[place] = page;
    entries[place] = PrimaryLookup.pageOf(entry, address) | (write ? Pte.DIRTY : 0);
    return entries[place];
  }

  /** A first write must mark the process's entry, so a translation for reading does not do. */
  private static boolean suffices(long entry, boolean write) {
    return Pte.allows(entry, write) && (Pte.isDirty(entry) || !write);
  }

  @Override
  public void invalidateSecondaryTlbs(long startAddress, long endAddress) {
    lock.lock();
    for (int place = 0; place < PLACES; place++) {
      long address = pages[place] << PageTables.PAGE_SHIFT;
      if (pages[place] != NO_PAGE && startAddress <= address && address < endAddress) {
        pages[place] = NO_PAGE;
      }
    }
    lock.unlock();
  }

  @Override
  public void release() {
    lock.lock();
    released = true;
    Arrays.fill(pages, NO_PAGE);
    lock.unlock();
  }

  /** Accesses that the TLB translated. */
  public long hits() {
    lock.lock();
    long now = hits;
    lock.unlock();
    return now;
  }

  @Override
  public void check() {
    for (int place = 0; place < PLACES; place++) {
      if (pages[place] != NO_PAGE) {
        long address = pages[place] << PageTables.PAGE_SHIFT;
        TranslationCheck.check(entries[place], lookup.peek(address), address);
      }
    }
  }

  /** Takes the device off the process's memory. */
  @Override
  public void close() {
    kernel.notifierRegistration().unregister(mm, this);
  }

  @Override
  public String toString() {
    return "SharedTableDevice of " + mm;
  }
}
