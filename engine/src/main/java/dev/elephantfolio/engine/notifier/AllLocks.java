package dev.elephantfolio.engine.notifier;

import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.rmap.AnonVmaChain;
import dev.elephantfolio.engine.sync.RwSemaphore;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Every lock under which somebody may change the page tables of an address space: with all of them
 * held no invalidation is under way.
 *
 * <p>mmap_lock is held for writing, and one thread of the machine at a time takes several locks of
 * the reverse map in this way; everybody else holds one of a kind at most. Behaviour:
 * mm_take_all_locks, mm/vma.c of 6.18.
 */
final class AllLocks {
  private final Set<MappedFile> files = new LinkedHashSet<>();
  private final Set<RwSemaphore> anonVmas = new LinkedHashSet<>();

  private AllLocks() {}

  static AllLocks take(AddressSpace mm) {
    AllLocks locks = new AllLocks();
    for (Vma vma = mm.vmas().find(0); vma != null; vma = mm.vmas().next(vma)) {
      vma.writeLock();
      MappedFile file = vma.file();
      if (file != null) {
        locks.files.add(file);
      }
      for (AnonVmaChain chain : vma.anonVmaChains()) {
        locks.anonVmas.add(chain.anonVma().lock());
      }
    }
    locks.files.forEach(MappedFile::lockMappingsNested);
    locks.anonVmas.forEach(RwSemaphore::writeLockNested);
    return locks;
  }

  /** Releases all but the areas, which mmap_lock releases. */
  void release() {
    anonVmas.forEach(RwSemaphore::writeUnlock);
    files.forEach(MappedFile::unlockMappings);
  }
}
