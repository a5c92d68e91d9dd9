package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.rmap.AnonVmas;
import org.jspecify.annotations.Nullable;

/**
 * One change of ranges with the reverse map kept in step: {@link #begin}, change the ranges, store
 * them in the tree, {@link #end}.
 *
 * <p>Between the two the file's mappings and the anon_vma are locked for writing and the areas are
 * out of their interval trees, so that no reverse walk sees a range half changed. All areas are
 * write-locked by the caller. Lock order: mmap_lock, i_mmap, anon_vma.
 */
final class VmaUpdate {
  private final AnonVmas anonVmas;
  private final Vma vma;
  private final @Nullable Vma adjusted;
  private final @Nullable AnonVma anonVma;
  private final @Nullable MappedFile file;

  /**
   * @param vma the area whose range changes
   * @param adjusted a neighbour that gives way or takes over
   */
  VmaUpdate(AnonVmas anonVmas, Vma vma, @Nullable Vma adjusted) {
    this.anonVmas = anonVmas;
    this.vma = vma;
    this.adjusted = adjusted;
    this.file = vma.file();
    AnonVma own = vma.anonVma();
    this.anonVma = own == null && adjusted != null ? adjusted.anonVma() : own;
  }

  /** Locks, and takes the areas out of the interval trees. */
  void begin() {
    if (file != null) {
      file.lockMappings();
    }
    if (anonVma != null) {
      anonVma.lock().writeLock();
      anonVmas.preUpdate(vma);
      if (adjusted != null) {
        anonVmas.preUpdate(adjusted);
      }
    }
    if (file != null) {
      file.removeMapping(vma);
      if (adjusted != null) {
        file.removeMapping(adjusted);
      }
    }
  }

  /** Puts the areas back with their new ranges, and unlocks. */
  void end() {
    end(null, null, null);
  }

  /** As {@link #end()}, with an area that was split off and is in the tree now. */
  void endInserting(Vma inserted) {
    end(inserted, null, null);
  }

  /** As {@link #end()}, with areas that the tree no longer holds. */
  void endRemoving(@Nullable Vma first, @Nullable Vma second) {
    end(null, first, second);
  }

  private void end(@Nullable Vma inserted, @Nullable Vma removed, @Nullable Vma alsoRemoved) {
    if (file != null) {
      if (adjusted != null) {
        file.insertMapping(adjusted);
      }
      file.insertMapping(vma);
      updateMappings(file, inserted, removed, alsoRemoved);
    }
    if (inserted != null) {
      inserted.markAttached();
    }
    if (anonVma != null) {
      anonVmas.postUpdate(vma);
      if (adjusted != null) {
        anonVmas.postUpdate(adjusted);
      }
      anonVma.lock().writeUnlock();
    }
    if (file != null) {
      file.unlockMappings();
    }
    retire(removed);
    retire(alsoRemoved);
  }

  private static void updateMappings(
      MappedFile file, @Nullable Vma inserted, @Nullable Vma removed, @Nullable Vma alsoRemoved) {
    if (inserted != null) {
      file.insertMapping(inserted);
    }
    if (removed != null) {
      file.removeMapping(removed);
    }
    if (alsoRemoved != null) {
      file.removeMapping(alsoRemoved);
    }
  }

  private void retire(@Nullable Vma removed) {
    if (removed != null) {
      removed.markDetached();
      if (removed.anonVma() != null) {
        anonVmas.unlink(removed);
      }
    }
  }
}
