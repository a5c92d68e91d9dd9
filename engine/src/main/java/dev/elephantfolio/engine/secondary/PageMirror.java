package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.notifier.IntervalNotifier;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SpinLock;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * A device that mirrors one range of a process page by page, as HMM lets drivers do: it looks pages
 * up without ever taking a reference, and knows by the sequence of its subscription whether what it
 * found still holds.
 *
 * <pre>
 *  field   | guarded by
 *  --------+------------------------------------------------------------
 *  entries | lock for writing; read and used within {@code accesses}
 *  retries | lock
 *  closed  | lock
 * </pre>
 *
 * <p>Any thread may access it at any time. Behaviour: Documentation/mm/hmm.rst of 6.18.
 */
public final class PageMirror extends IntervalNotifier implements AutoCloseable {
  private final Kernel kernel;
  private final AddressSpace mm;
  private final PrimaryLookup lookup;
  private final TranslationGate accesses;
  private final SpinLock lock = new SpinLock(LockRank.SECONDARY_MMU);
  private final MirrorEntries entries;
  private final boolean looksAgain;
  private long retries;
  private boolean closed;

  private PageMirror(Machine machine, AddressSpace mm, long address, long lengthBytes) {
    super(address, lengthBytes);
    this.kernel = machine.kernel();
    this.mm = mm;
    this.looksAgain = !kernel.mutations().has(Mutation.NO_NOTIFIER_RETRY);
    this.lookup = new PrimaryLookup(machine, mm);
    this.accesses = new TranslationGate(kernel.cpus());
    this.entries = new MirrorEntries(Math.toIntExact(lengthBytes >>> PageTables.PAGE_SHIFT));
  }

  /**
   * Mirrors a range of {@code process}, of whole pages.
   *
   * @throws MemoryException ESRCH for a process that is gone
   */
  public static PageMirror attach(Process process, long address, long lengthBytes) {
    Machine machine = process.machine();
    PageMirror mirror = new PageMirror(machine, process.memory(), address, lengthBytes);
    machine.kernel().notifierRegistration().insert(mirror.mm, mirror);
    return mirror;
  }

  /**
   * Loads the word at an address of the process, within the range.
   *
   * @throws MemoryException EFAULT where the process has no memory that may be read, EIO when this
   *     is closed, ENOMEM
   */
  public long read(long address) {
    int index = index(address);
    while (true) {
      int cpu = kernel.cpus().current();
      accesses.enter(cpu);
      long entry = entries.get(index);
      if (Pte.allows(entry, false)) {
        long word =
            Pte.isSpecial(entry)
                ? 0
                : kernel.contents().readLong(Pte.pfn(entry), (int) address & 0xFF8);
        accesses.exit(cpu);
        return word;
      }
      accesses.exit(cpu);
      fault(index, address, false);
    }
  }

  /**
   * Stores a word at an address of the process, within the range.
   *
   * @throws MemoryException as {@link #read}, where the process's memory may not be written
   */
  public void write(long address, long word) {
    int index = index(address);
    while (true) {
      int cpu = kernel.cpus().current();
      accesses.enter(cpu);
      long entry = entries.get(index);
      if (Pte.allows(entry, true)) {
        kernel.contents().writeLong(Pte.pfn(entry), (int) address & 0xFF8, word);
        accesses.exit(cpu);
        return;
      }
      accesses.exit(cpu);
      fault(index, address, true);
    }
  }

  private int index(long address) {
    if (address < startAddress() || address >= endAddress()) {
      throw new IllegalArgumentException("not mirrored: " + Long.toHexString(address));
    }
    return (int) ((address - startAddress()) >>> PageTables.PAGE_SHIFT);
  }

  private void fault(int index, long address, boolean write) {
    while (!tryMap(index, address, write)) {
      // What was found did not hold any more.
    }
  }

  private boolean tryMap(int index, long address, boolean write) {
    long begun = readBegin();
    long page = lookup.find(address, write);
    lock.lock();
    boolean refused = closed;
    boolean mapped = !refused && !(looksAgain && readRetry(begun));
    if (mapped) {
      map(index, page);
    } else {
      retries++;
    }
    lock.unlock();
    if (refused) {
      throw new MemoryException(Errno.EIO);
    }
    return mapped;
  }

  /** The process maps the page for as long as the lock is held. */
  private void map(int index, long page) {
    if (Pte.isWritable(page)) {
      kernel.memMap().setFlag(kernel.memMap().head(Pte.pfn(page)), FolioFlags.DIRTY);
    }
    long _ = entries.exchange(index, page);
  }

  @Override
  protected void invalidate(InvalidateRange range, long nowSequence) {
    lock.lock();
    setSequence(nowSequence);
    drop(range.startAddress(), range.endAddress());
    lock.unlock();
  }

  /** Under the lock; returns when nothing that was dropped is in use. */
  private void drop(long fromAddress, long toAddress) {
    long from = Math.max(fromAddress, startAddress());
    long to = Math.min(toAddress, endAddress());
    boolean dropped = false;
    for (long at = from; at < to; at += PageTables.PAGE_SIZE) {
      dropped |= entries.exchange(index(at), Pte.NONE) != Pte.NONE;
    }
    if (dropped) {
      accesses.flush();
    }
  }

  /** Lookups that an invalidation overtook. */
  public long retries() {
    lock.lock();
    long now = retries;
    lock.unlock();
    return now;
  }

  /** Pages that are mirrored now. */
  public int pages() {
    int pages = 0;
    for (int i = 0; i < entries.pages(); i++) {
      pages += Pte.isNone(entries.get(i)) ? 0 : 1;
    }
    return pages;
  }

  @Override
  protected void check() {
    for (int i = 0; i < entries.pages(); i++) {
      long entry = entries.get(i);
      long address = startAddress() + ((long) i << PageTables.PAGE_SHIFT);
      if (!Pte.isNone(entry)) {
        TranslationCheck.check(entry, lookup.peek(address), address);
      }
    }
  }

  /** Ends the mirror: there is nothing to be had by it any more. */
  @Override
  public void close() {
    lock.lock();
    closed = true;
    drop(startAddress(), endAddress());
    lock.unlock();
    kernel.notifierRegistration().remove(mm, this);
  }

  @Override
  public String toString() {
    return "PageMirror of " + mm;
  }
}
