package dev.elephantfolio.engine.rmap;

import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.RwSemaphore;
import org.jspecify.annotations.Nullable;

/**
 * What an anonymous folio points back to: the set of VMAs that may map it.
 *
 * <p>A process's first fault in a VMA makes a root; each fork hangs a child below its parent's, so
 * that pages faulted in after the fork need not look at the relatives. All of one family share the
 * root's lock.
 *
 * <pre>
 *  field           | guarded by
 *  ----------------+---------------------------
 *  tree            | lock (the root's)
 *  numChildren     | lock, for write
 *  numActiveVmas   | lock, for write
 *  references      | AnonVmas' own monitor
 * </pre>
 *
 * Source of the behaviour: mm/rmap.c of 6.18 (clone, fork, reuse of a childless anon_vma).
 */
public final class AnonVma {
  final int id;
  final AnonVma root;
  final AnonVma parent;
  final AnonVmaTree tree = new AnonVmaTree();
  private final @Nullable RwSemaphore ownLock;

  /** Children whose parent this is; a root counts itself. */
  int numChildren;

  /** VMAs whose {@code anonVma} this is. */
  int numActiveVmas;

  /** Chains in the tree and children below: the anon_vma ends with the last. */
  int references;

  /** A child of {@code parent}, or a root when {@code parent} is null. */
  AnonVma(int id, @Nullable AnonVma parent) {
    this.id = id;
    this.parent = parent == null ? this : parent;
    this.root = parent == null ? this : parent.root;
    this.ownLock = parent == null ? new RwSemaphore(LockRank.ANON_VMA) : null;
  }

  /** The number by which folios name it; never 0. */
  public int id() {
    return id;
  }

  /** The first of its family: the anon_vma of the process that mapped the memory first. */
  public AnonVma root() {
    return root;
  }

  /** The family's lock: for read to walk, for write to change the tree or unmap. */
  public RwSemaphore lock() {
    RwSemaphore lock = root.ownLock;
    if (lock == null) {
      throw new IllegalStateException("a root has a lock of its own");
    }
    return lock;
  }
}
