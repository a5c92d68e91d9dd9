package dev.elephantfolio.engine.rmap;

import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All anon_vmas of a machine: makes, shares, forks and ends them.
 *
 * <p>Folios name an anon_vma by its 28-bit number, looked up without a lock; a number may be used
 * again after its anon_vma ended, so whoever looks one up locks it and looks again whether the
 * folio still names it and is still mapped.
 */
public final class AnonVmas implements SyncPlace {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(AnonVma[].class);

  /** The part of this place that numbers are taken from; the others are the numbers. */
  private static final long NUMBERS = 0;

  private final long syncId = SyncPoints.newId();
  private final Object registry = new Object();

  // Guarded by registry for writes; read without a lock.
  private volatile @Nullable AnonVma[] byId = new AnonVma[64];
  // Guarded by registry.
  private int[] freeIds = new int[16];
  private int freeCount;
  private int nextId = 1;
  private int sequence;

  /** The anon_vma numbered {@code id}, or null when it has ended. */
  public @Nullable AnonVma get(int id) {
    SyncPoints.reach(SyncPoint.LOAD, this, id);
    SyncPoints.readState(this, id);
    @Nullable AnonVma[] slots = byId;
    return id < slots.length ? (AnonVma) SLOT.getAcquire(slots, id) : null;
  }

  /**
   * Gives {@code vma} an anon_vma when it has none: a neighbour's that allows a later merge, else a
   * new one. The caller holds mmap_lock (for read at least).
   */
  public void prepare(Vma vma) {
    if (vma.anonVma() != null) {
      return;
    }
    AnonVma mergeable = findMergeable(vma);
    AnonVma anonVma = mergeable != null ? mergeable : create(null);
    anonVma.lock().writeLock();
    vma.mm().pageTableLock().lock();
    boolean first = vma.anonVma() == null;
    if (first) {
      if (mergeable == null) {
        anonVma.numChildren++;
      }
      link(vma, anonVma);
      anonVma.numActiveVmas++;
      vma.setAnonVma(anonVma);
    }
    vma.mm().pageTableLock().unlock();
    anonVma.lock().writeUnlock();
    if (!first && mergeable == null) {
      release(anonVma);
    }
  }

  /**
   * A neighbour's anon_vma that {@code vma} may share, so that mprotect back and forth can merge
   * the two again; null when there is none.
   */
  public @Nullable AnonVma findMergeable(Vma vma) {
    Vma next = vma.mm().vmas().next(vma);
    if (next != null) {
      AnonVma found = reusable(next, vma, next);
      if (found != null) {
        return found;
      }
    }
    Vma previous = vma.mm().vmas().previous(vma);
    return previous == null ? null : reusable(previous, previous, vma);
  }

  private static @Nullable AnonVma reusable(Vma old, Vma lower, Vma upper) {
    AnonVma anonVma = old.anonVma();
    boolean usable = anonVma != null && compatible(lower, upper) && old.anonVmaChains().size() == 1;
    return usable ? anonVma : null;
  }

  /** Whether only protections that mprotect can change keep the two neighbours apart. */
  private static boolean compatible(Vma lower, Vma upper) {
    long mayDiffer = VmFlags.READ | VmFlags.WRITE | VmFlags.EXEC | VmFlags.STICKY;
    return lower.end() == upper.start()
        && lower.file() == upper.file()
        && ((lower.flags() ^ upper.flags()) & ~mayDiffer) == 0
        && upper.pageOffset() == lower.pageOffset() + ((upper.start() - lower.start()) >>> 12);
  }

  /**
   * Links {@code dst} to every anon_vma of {@code src}. A {@code dst} without an anon_vma of its
   * own may take over one that has no VMA of its own left and at most one child.
   */
  public void cloneChain(Vma dst, Vma src) {
    AnonVma preferred = src.anonVma();
    List<AnonVmaChain> chains = src.anonVmaChains();
    for (int i = chains.size() - 1; i >= 0; i--) {
      AnonVma anonVma = chains.get(i).anonVma();
      anonVma.lock().writeLock();
      link(dst, anonVma);
      boolean idle = anonVma.numChildren < 2 && anonVma.numActiveVmas == 0;
      if (dst.anonVma() == null && preferred != null && idle) {
        dst.setAnonVma(anonVma);
      }
      anonVma.lock().writeUnlock();
    }
    AnonVma taken = dst.anonVma();
    if (taken != null) {
      taken.lock().writeLock();
      taken.numActiveVmas++;
      taken.lock().writeUnlock();
    }
  }

  /** Gives the child's copy of a VMA the parent's anon_vmas and one of its own. */
  public void fork(Vma child, Vma parent) {
    AnonVma parentAnonVma = parent.anonVma();
    if (parentAnonVma == null) {
      return;
    }
    child.setAnonVma(null);
    cloneChain(child, parent);
    if (child.anonVma() != null) {
      return;
    }
    AnonVma own = create(parentAnonVma);
    own.lock().writeLock();
    own.numActiveVmas++;
    own.parent.numChildren++;
    child.setAnonVma(own);
    link(child, own);
    own.lock().writeUnlock();
  }

  /** Takes {@code vma} out of every anon_vma; what nobody uses any more ends. */
  public void unlink(Vma vma) {
    AnonVma own = vma.anonVma();
    List<AnonVmaChain> chains = vma.anonVmaChains();
    for (AnonVmaChain chain : chains) {
      AnonVma anonVma = chain.anonVma();
      anonVma.lock().writeLock();
      anonVma.tree.remove(chain);
      if (anonVma == own) {
        anonVma.numActiveVmas--;
      }
      if (anonVma.tree.isEmpty()) {
        anonVma.parent.numChildren--;
      }
      anonVma.lock().writeUnlock();
      release(anonVma);
    }
    chains.clear();
    vma.setAnonVma(null);
  }

  /** Before the range of {@code vma} changes: out of the interval trees. */
  public void preUpdate(Vma vma) {
    for (AnonVmaChain chain : vma.anonVmaChains()) {
      chain.anonVma().tree.remove(chain);
    }
  }

  /** After the range of {@code vma} changed: back into the interval trees. */
  public void postUpdate(Vma vma) {
    for (AnonVmaChain chain : vma.anonVmaChains()) {
      chain.anonVma().tree.insert(chain);
    }
  }

  /** The caller holds the anon_vma's lock for write. */
  private void link(Vma vma, AnonVma anonVma) {
    AnonVmaChain chain;
    synchronized (registry) {
      anonVma.references++;
      chain = new AnonVmaChain(vma, anonVma, priority());
    }
    vma.anonVmaChains().add(chain);
    anonVma.tree.insert(chain);
  }

  private AnonVma create(@Nullable AnonVma parent) {
    SyncPoints.reach(SyncPoint.STORE, this, NUMBERS);
    synchronized (registry) {
      int id = freeCount > 0 ? freeIds[--freeCount] : nextId++;
      AnonVma anonVma = new AnonVma(id, parent);
      if (parent != null) {
        parent.references++;
      }
      if (id >= byId.length) {
        byId = Arrays.copyOf(byId, byId.length * 2);
      }
      SLOT.setRelease(byId, id, anonVma);
      SyncPoints.readState(this, NUMBERS);
      SyncPoints.changedState(this, NUMBERS);
      SyncPoints.changedState(this, id);
      return anonVma;
    }
  }

  /** Drops one reference; a new anon_vma that was never linked has none to drop. */
  private void release(AnonVma anonVma) {
    SyncPoints.reach(SyncPoint.STORE, this, NUMBERS);
    synchronized (registry) {
      AnonVma at = anonVma;
      if (at.references > 0) {
        at.references--;
      }
      while (at.references == 0) {
        free(at.id);
        if (at.parent == at) {
          return;
        }
        at = at.parent;
        at.references--;
      }
    }
  }

  private void free(int id) {
    SLOT.setRelease(byId, id, null);
    SyncPoints.changedState(this, NUMBERS);
    SyncPoints.changedState(this, id);
    if (freeCount == freeIds.length) {
      freeIds = Arrays.copyOf(freeIds, freeCount * 2);
    }
    freeIds[freeCount++] = id;
  }

  /** A full-period sequence: unique for 2^32 chains, scattered enough to balance a treap. */
  private int priority() {
    int mixed = ++sequence * 0x9E3779B1;
    mixed ^= mixed >>> 15;
    return mixed * 0x85EBCA6B;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long id) {
    return id == NUMBERS ? "the anon_vmas' numbers" : "anon_vma " + id;
  }
}
