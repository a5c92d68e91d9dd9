package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The machine's promise of memory (Committed_AS): pages of private writable areas, whether touched
 * or not, and whether one more promise may be made.
 *
 * <p>Thread-safe. Two threads that ask at the edge of the limit at once may both be refused, never
 * both be granted beyond it, as in the kernel. Behaviour: Documentation/mm/overcommit-accounting.
 */
public final class Committed {
  private static final int KBYTES_TO_PAGES = Addresses.PAGE_SHIFT - 10;

  /** A process is kept from growing so far that its user cannot recover: 1/32 of its size. */
  private static final int USER_RESERVE_SHARE = 32;

  private final VmSettings settings;
  private final LongSupplier memoryPages;
  private final LongSupplier swapPages;
  private final AtomicLong pages = new AtomicLong();

  /**
   * @param memoryPages how many pages of memory the machine has for anyone's use (MemTotal)
   * @param swapPages how many pages of swap space there are
   */
  public Committed(VmSettings settings, LongSupplier memoryPages, LongSupplier swapPages) {
    this.settings = settings;
    this.memoryPages = memoryPages;
    this.swapPages = swapPages;
  }

  /** Committed_AS in pages. */
  public long pages() {
    return Math.max(pages.get(), 0);
  }

  /** CommitLimit in pages. */
  public long limitPages() {
    long kbytes = settings.overcommitKbytes();
    long allowed =
        kbytes != 0
            ? kbytes >>> KBYTES_TO_PAGES
            : memoryPages.getAsLong() * settings.overcommitRatio() / 100;
    return allowed + swapPages.getAsLong();
  }

  /**
   * Promises {@code count} more pages to {@code mm}, if the overcommit mode allows.
   *
   * @throws MemoryException ENOMEM, nothing promised
   */
  public void charge(AddressSpace mm, long count) {
    pages.addAndGet(count);
    if (!allows(mm, count)) {
      pages.addAndGet(-count);
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  /** Takes a promise back. */
  public void uncharge(long count) {
    pages.addAndGet(-count);
  }

  private boolean allows(AddressSpace mm, long count) {
    return switch (settings.overcommit()) {
      case ALWAYS -> true;
      case GUESS -> count <= memoryPages.getAsLong() + swapPages.getAsLong();
      case NEVER -> pages() < limitFor(mm);
    };
  }

  private long limitFor(AddressSpace mm) {
    long allowed = limitPages();
    if (!mm.capabilities().sysAdmin()) {
      allowed -= settings.adminReserveKbytes() >>> KBYTES_TO_PAGES;
    }
    long userReserve = settings.userReserveKbytes() >>> KBYTES_TO_PAGES;
    return allowed - Math.min(mm.totalVmPages() / USER_RESERVE_SHARE, userReserve);
  }
}
