package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Addresses;
import dev.elephantfolio.engine.mm.CollapseAdvice;
import dev.elephantfolio.engine.mm.Vma;

/**
 * MADV_COLLAPSE: makes the 2 MiB places of a range huge now, whatever the settings say and however
 * many pages are missing, swapped or shared.
 *
 * <pre>
 *  errno   | the last place that failed
 *  --------+--------------------------------------------------------------------
 *  ENOMEM  | no huge page could be had
 *  EBUSY   | the memory cgroup is full; missing pages that userfaultfd must see
 *  EAGAIN  | a page was locked, pinned or on no LRU list: may work later
 *  EINVAL  | the place or the area cannot be huge; nothing was mapped there
 * </pre>
 *
 * <p>Behaviour: madvise_collapse, mm/khugepaged.c of 6.18, tried on a live one.
 */
public final class MadviseCollapse implements CollapseAdvice {
  private final ThpOrders orders;
  private final Folios folios;
  private final Collapser collapser;

  /**
   * @param khugepaged the machine's, whose way of collapsing this uses
   */
  public MadviseCollapse(Kernel kernel, Khugepaged khugepaged) {
    this.folios = kernel.folios();
    this.orders = kernel.thpOrders();
    this.collapser = khugepaged.collapser();
  }

  /**
   * {@inheritDoc}
   *
   * <p>A range that starts and ends within one place without covering it is refused with EINVAL,
   * one whose start rounded up equals its end rounded down is not.
   */
  @Override
  public boolean collapse(Vma vma, long startAddress, long endAddress) {
    if (!orders.allowsPmd(vma, vma.flags(), Purpose.FORCED_COLLAPSE)) {
      throw new MemoryException(Errno.EINVAL);
    }
    folios.lru().drainAll();
    return new Range(vma, startAddress, endAddress).collapse();
  }

  /** One call's way through its range. */
  private final class Range {
    private final AddressSpace mm;
    private final long first;
    private Vma vma;
    private long end;
    private int huge;
    private ScanResult lastFailure = ScanResult.FAIL;
    private boolean locked = true;
    private boolean lockDropped;

    Range(Vma vma, long startAddress, long endAddress) {
      this.mm = vma.mm();
      this.vma = vma;
      this.first = Addresses.roundUp(startAddress, Addresses.PMD_SIZE);
      this.end = Addresses.roundDown(endAddress, Addresses.PMD_SIZE);
    }

    /** Whether mmap_lock was let go meanwhile. */
    boolean collapse() {
      long address = first;
      while (address < end && collapseAt(address)) {
        address += Addresses.PMD_SIZE;
      }
      if (!locked) {
        relock();
      }
      if (huge != (end - first) / Addresses.PMD_SIZE) {
        throw new MemoryException(lastFailure.madviseErrno());
      }
      return lockDropped;
    }

    /** False when the range must not be gone on with. */
    private boolean collapseAt(long address) {
      if (!locked && !lookAgain(address)) {
        return false;
      }
      Collapser.Attempt attempt = collapser.attempt(vma, address, Purpose.FORCED_COLLAPSE);
      locked = !attempt.lockDropped();
      lockDropped |= attempt.lockDropped();
      return switch (attempt.result()) {
        case SUCCEED, PMD_MAPPED -> {
          huge++;
          yield true;
        }
        default -> {
          lastFailure = attempt.result();
          yield lastFailure.madviseGoesOn();
        }
      };
    }

    private void relock() {
      mm.mmapReadLock();
      locked = true;
    }

    private boolean lookAgain(long address) {
      relock();
      ScanResult result = collapser.revalidate(mm, address, Purpose.FORCED_COLLAPSE);
      Vma found = mm.vmas().find(address);
      if (result != ScanResult.SUCCEED || found == null) {
        lastFailure = result;
        return false;
      }
      vma = found;
      end = Math.min(end, Addresses.roundDown(found.end(), Addresses.PMD_SIZE));
      return true;
    }
  }
}
