package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.pagecache.MappedFile;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The ways in which memory calls change areas: split, cut to a range with new attributes, grow,
 * shrink, copy, insert. All need mmap_lock held for writing.
 *
 * <p>Behaviour: mm/vma.c of 6.18.
 */
public final class VmaModify {
  /**
   * What mremap gets.
   *
   * @param copy the area at the new place; may hold more than the copied range
   * @param source the area copied from, which a merge may have replaced
   * @param needsRmapLocks whether moving entries must hold the reverse map's locks, because a walk
   *     could meet the new place before the old
   */
  public record CopiedVma(Vma copy, Vma source, boolean needsRmapLocks) {}

  private final MmContext context;
  private final VmaMerge merge;

  public VmaModify(MmContext context) {
    this.context = context;
    this.merge = new VmaMerge(context);
  }

  /**
   * The area below for a change of {@code vma} that begins at {@code startAddress}: {@code vma}
   * itself when it begins inside.
   */
  static @Nullable Vma previousOf(Vma vma, long startAddress) {
    return startAddress > vma.start() ? vma : vma.mm().vmas().previous(vma);
  }

  /**
   * Splits {@code vma} at {@code address}, strictly inside.
   *
   * @param newBelow whether the new area is the lower part (else the upper)
   * @return the new area
   * @throws MemoryException ENOMEM with {@code vm/max_map_count} areas already
   */
  public Vma split(Vma vma, long address, boolean newBelow) {
    if (vma.mm().vmas().size() >= context.settings().maxMapCount()) {
      throw new MemoryException(Errno.ENOMEM);
    }
    return splitUnchecked(vma, address, newBelow);
  }

  /** As {@link #split} where one area too many is allowed for the moment. */
  Vma splitUnchecked(Vma vma, long address, boolean newBelow) {
    if (address <= vma.start() || address >= vma.end()) {
      throw new IllegalArgumentException("split of " + vma + " at " + Long.toHexString(address));
    }
    Vma part = duplicate(vma);
    if (newBelow) {
      part.setRange(vma.start(), address, vma.pageOffset());
    } else {
      part.setRange(address, vma.end(), vma.pageOffset(address));
    }
    context.anonVmas().cloneChain(part, vma);
    vma.writeLock();
    part.writeLock();
    VmaUpdate update = new VmaUpdate(context.anonVmas(), vma, null);
    update.begin();
    context.ranges().adjustHuge(vma, vma.start(), address, null);
    if (newBelow) {
      vma.setRange(address, vma.end(), vma.pageOffset(address));
    } else {
      vma.setRange(vma.start(), address, vma.pageOffset());
    }
    vma.mm().vmas().store(part);
    update.endInserting(part);
    return part;
  }

  /** A copy of {@code vma}'s attributes and anon_vma, in no tree and with no chain yet. */
  Vma duplicate(Vma vma) {
    Vma copy = copyInto(vma.mm(), vma);
    copy.setAnonVma(vma.anonVma());
    return copy;
  }

  /** A copy of {@code vma}'s range and attributes for another address space, without anon_vma. */
  static Vma copyInto(AddressSpace mm, Vma vma) {
    Vma copy = new Vma(mm, vma.start(), vma.end(), vma.pageOffset(), vma.flags(), vma.file());
    copy.rename(vma.name());
    return copy;
  }

  /**
   * Makes {@code [startAddress, endAddress)} of {@code vma} an area of its own (merged with its
   * neighbours if they already have these flags). The flags themselves are the caller's to set on
   * what comes back, after {@link Vma#writeLock}.
   *
   * @param previous the area below {@code startAddress}: {@link #previousOf}
   * @throws MemoryException ENOMEM when a split would exceed {@code vm/max_map_count}
   */
  public Vma modifyFlags(
      @Nullable Vma previous, Vma vma, long startAddress, long endAddress, long newFlags) {
    MergeRequest request = MergeRequest.ofExisting(previous, vma, startAddress, endAddress);
    request.flags = newFlags;
    return modify(request, vma, startAddress, endAddress);
  }

  /** As {@link #modifyFlags} for the name of an anonymous area. */
  public Vma modifyName(
      @Nullable Vma previous, Vma vma, long startAddress, long endAddress, @Nullable String name) {
    MergeRequest request = MergeRequest.ofExisting(previous, vma, startAddress, endAddress);
    request.name = name;
    return modify(request, vma, startAddress, endAddress);
  }

  private Vma modify(MergeRequest request, Vma vma, long startAddress, long endAddress) {
    Vma merged = merge.existingRange(request);
    if (merged != null) {
      return merged;
    }
    if (vma.start() < startAddress) {
      split(vma, startAddress, true);
    }
    if (vma.end() > endAddress) {
      split(vma, endAddress, false);
    }
    return vma;
  }

  /** Merges a new range; see {@link VmaMerge#newRange}. */
  @Nullable Vma mergeNew(MergeRequest request) {
    return merge.newRange(request);
  }

  /**
   * Grows {@code vma} upwards by {@code deltaBytes} into free addresses, merging with the area that
   * then touches it. Null when it may not grow.
   */
  public @Nullable Vma mergeExtend(Vma vma, long deltaBytes) {
    MergeRequest request =
        MergeRequest.like(vma, vma.end(), vma.end() + deltaBytes, vma.pageOffset(vma.end()));
    request.previous = vma;
    request.next = vma.mm().vmas().next(vma);
    return merge.newRange(request);
  }

  /** Cuts {@code vma} down to {@code [startAddress, endAddress)}, one of which it has already. */
  public void shrink(Vma vma, long startAddress, long endAddress) {
    vma.writeLock();
    VmaUpdate update = new VmaUpdate(context.anonVmas(), vma, null);
    update.begin();
    context.ranges().adjustHuge(vma, startAddress, endAddress, null);
    VmaTree tree = vma.mm().vmas();
    if (vma.start() < startAddress) {
      tree.clear(vma.start(), startAddress);
    } else {
      tree.clear(endAddress, vma.end());
    }
    vma.setRange(startAddress, endAddress, vma.pageOffset(startAddress));
    update.end();
  }

  /**
   * Makes the area that mremap moves to: {@code lengthBytes} from {@code address}, free so far,
   * showing from {@code pageOffset} on what {@code vma} shows. An area without pages merges with
   * its own copy where the two touch, even when it is to stay.
   */
  public CopiedVma copy(Vma vma, long address, long lengthBytes, long pageOffset) {
    boolean faulted = !vma.isAnonymous() || vma.anonVma() != null;
    // Pages of a private area that has none yet may be counted from the new place at once.
    long newOffset = faulted ? pageOffset : Addresses.pages(address);
    MergeRequest request = MergeRequest.like(vma, address, address + lengthBytes, newOffset);
    VmaTree tree = vma.mm().vmas();
    request.middle = vma;
    request.previous = tree.before(address);
    request.next = tree.find(address);
    long sourceStart = vma.start();
    Vma merged = merge.copiedRange(request);
    if (merged == null) {
      return new CopiedVma(copyApart(vma, address, lengthBytes, newOffset), vma, false);
    }
    Vma source = merged.contains(sourceStart) ? merged : vma;
    return new CopiedVma(merged, source, merged.pageOffset() <= source.pageOffset());
  }

  private Vma copyApart(Vma vma, long address, long lengthBytes, long pageOffset) {
    Vma copy = duplicate(vma);
    copy.setRange(address, address + lengthBytes, pageOffset);
    context.anonVmas().cloneChain(copy, vma);
    link(copy);
    return copy;
  }

  /** Puts a new area into the tree and among its file's mappings. */
  void link(Vma vma) {
    vma.writeLock();
    vma.mm().vmas().store(vma);
    vma.markAttached();
    MappedFile file = vma.file();
    if (file != null) {
      file.lockMappings();
      file.insertMapping(vma);
      file.unlockMappings();
    }
  }

  /**
   * Puts a new area where nothing is, charged if its flags say so: what exec does for the parts of
   * a program. Counts no pages.
   *
   * @throws MemoryException ENOMEM when something is there, or the commit limit says no
   */
  public Vma insert(
      AddressSpace mm,
      long startAddress,
      long endAddress,
      long flags,
      @Nullable MappedFile file,
      long fileOffsetPages) {
    if (mm.vmas().findIntersection(startAddress, endAddress) != null) {
      throw new MemoryException(Errno.ENOMEM);
    }
    if (VmFlags.has(flags, VmFlags.ACCOUNT)) {
      context.committed().charge(mm, Addresses.pages(endAddress - startAddress));
    }
    long offset = file == null ? Addresses.pages(startAddress) : fileOffsetPages;
    Vma vma = new Vma(mm, startAddress, endAddress, offset, flags, file);
    link(vma);
    return vma;
  }

  /**
   * Sets {@code flags} on a whole area, write-locking it. {@link VmFlags#STICKY} flags that it has,
   * perhaps from a neighbour it merged with, stay.
   */
  public void resetFlags(Vma vma, long flags) {
    vma.writeLock();
    vma.resetFlags(flags | (vma.flags() & VmFlags.STICKY));
  }

  /** Names a whole area (null: takes its name away), write-locking it. */
  public void rename(Vma vma, @Nullable String name) {
    if (!Objects.equals(vma.name(), name)) {
      vma.writeLock();
      vma.rename(name);
    }
  }
}
