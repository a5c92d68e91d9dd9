package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.pagecache.MappedFile;

/**
 * Takes an address space apart when its last user is gone: pages, tables, areas, charges, and at
 * last the root table. Nothing here can be refused.
 *
 * <p>Behaviour: exit_mmap, mm/mmap.c of 6.18.
 */
final class Teardown {
  private final MmContext context;

  Teardown(MmContext context) {
    this.context = context;
  }

  /**
   * Leaves nothing of {@code mm}, which nobody uses any more; a walk of the reverse map may still
   * meet it until its areas are unlinked.
   */
  void run(AddressSpace mm) {
    mm.notifiers().release();
    mm.mmapWriteLock();
    Vma[] areas = mm.vmas().toArray();
    if (areas.length != 0) {
      mm.updateHiwaterRss();
      clear(mm, areas);
    }
    mm.mmapWriteUnlock();
    if (!mm.rssIsZero()) {
      throw new IllegalStateException("resident pages left of " + mm);
    }
    mm.tables().destroy();
  }

  private void clear(AddressSpace mm, Vma[] areas) {
    long end = areas[areas.length - 1].end();
    InvalidateRange told = mm.notifiers().start(InvalidateEvent.UNMAP, 0, InvalidateRange.NO_END);
    for (Vma vma : areas) {
      vma.writeLock();
      context.ranges().zap(vma, vma.start(), vma.end());
    }
    mm.notifiers().end(told);
    for (Vma vma : areas) {
      unlink(vma);
    }
    context.ranges().freePageTables(mm, areas[0].start(), end, 0, 0);
    for (Vma vma : areas) {
      account(vma);
      vma.markDetached();
    }
    mm.addLocked(-mm.lockedVmPages());
    mm.vmas().clear(0, end);
  }

  private void unlink(Vma vma) {
    if (vma.anonVma() != null) {
      context.anonVmas().unlink(vma);
    }
    MappedFile file = vma.file();
    if (file != null) {
      file.lockMappings();
      file.removeMapping(vma);
      file.unlockMappings();
    }
  }

  private void account(Vma vma) {
    vma.mm().accountPages(vma.flags(), -vma.pages());
    if (vma.has(VmFlags.ACCOUNT)) {
      context.committed().uncharge(vma.pages());
    }
  }
}
