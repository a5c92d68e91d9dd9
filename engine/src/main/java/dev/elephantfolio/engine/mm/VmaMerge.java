package dev.elephantfolio.engine.mm;

import org.jspecify.annotations.Nullable;

/**
 * Merges a range with its neighbours where {@link MergeRules} allows. mmap_lock is held for
 * writing; every area touched is write-locked on return.
 *
 * <p>Behaviour: mm/vma.c of 6.18. Nothing here can fail: memory for areas is the collector's.
 */
final class VmaMerge {
  private final MmContext context;

  VmaMerge(MmContext context) {
    this.context = context;
  }

  /**
   * Merges a new range: grows the area below over it, or the one above down to it, or the one below
   * over both.
   *
   * <pre>
   *  range:         |-----|    |-----|           |-----|
   *  before:  |----|                  |----| |--|       |--|
   *  after:   |-----------|    |-----------| |-------------|
   * </pre>
   *
   * @return the grown area, or null when the range must become an area of its own
   */
  @Nullable Vma newRange(MergeRequest request) {
    if (MergeRules.isSpecial(request.flags)) {
      return null;
    }
    boolean left = MergeRules.canMergeLeft(request);
    boolean right = !request.justExpand && MergeRules.canMergeRight(request, left);
    Vma previous = request.previous;
    Vma next = request.next;
    if (right && next != null) {
      request.end = next.end();
      request.target = next;
    }
    if (left && previous != null) {
      request.start = previous.start();
      request.pageOffset = previous.pageOffset();
      request.target = previous;
    }
    Vma target = request.target;
    if (target == null) {
      return null;
    }
    expand(request, target);
    context.ranges().khugepagedEnter(target, request.flags);
    return target;
  }

  /** As {@link #newRange} for the copy that mremap makes of {@code middle}. */
  @Nullable Vma copiedRange(MergeRequest request) {
    request.copiedFrom = request.middle;
    request.middle = null;
    return newRange(request);
  }

  /**
   * Grows {@code target} to the request's range, over the area above when the range ends with it.
   */
  private void expand(MergeRequest request, Vma target) {
    target.writeLock();
    long sticky = (request.flags | target.flags()) & VmFlags.STICKY;
    Vma next = request.next;
    boolean removeNext = next != null && next != target && request.end == next.end();
    if (removeNext && next != null) {
      takeAnonVma(target, next);
    }
    if (request.copiedFrom != null) {
      takeAnonVma(target, request.copiedFrom);
    }
    if (removeNext && next != null) {
      next.writeLock();
      request.removeNext = true;
      sticky |= next.flags() & VmFlags.STICKY;
    }
    commit(request, target);
    target.addFlags(sticky);
  }

  /**
   * Merges {@code [start, end)} of an existing area, whose attributes are about to become the
   * request's, with the neighbours that have them already.
   *
   * <pre>
   *  |-------********-------|   both: previous grows over middle and next
   *  |-------************       left: previous grows, middle shrinks or goes
   *      ************-------|   right: next grows, middle shrinks or goes
   * </pre>
   *
   * @return the merged area, or null when nothing merges; the request's {@code next} is found here
   */
  @Nullable Vma existingRange(MergeRequest request) {
    Vma middle = request.middle;
    if (middle == null || MergeRules.isSpecial(request.flags)) {
      return null;
    }
    boolean leftSide = request.start == middle.start();
    boolean rightSide = request.end == middle.end();
    boolean left = leftSide && MergeRules.canMergeLeft(request);
    if (rightSide) {
      request.next = request.mm.vmas().next(middle);
    }
    boolean right = rightSide && MergeRules.canMergeRight(request, left);
    if (!left && !right) {
      return null;
    }
    request.removeMiddle = leftSide && rightSide;
    request.removeNext = left && right;
    middle.writeLock();
    Vma target = prepareExisting(request, middle, left, right);
    long sticky = stickyFlags(request, left, right);
    commit(request, target);
    target.addFlags(sticky);
    context.ranges().khugepagedEnter(target, request.flags);
    return target;
  }

  private static long stickyFlags(MergeRequest request, boolean left, boolean right) {
    long flags = request.flags;
    flags |= left && request.previous != null ? request.previous.flags() : 0;
    flags |= right && request.next != null ? request.next.flags() : 0;
    return flags & VmFlags.STICKY;
  }

  private Vma prepareExisting(MergeRequest request, Vma middle, boolean left, boolean right) {
    Vma previous = request.previous;
    Vma next = request.next;
    if (right && next != null) {
      next.writeLock();
    }
    if (left && previous != null) {
      previous.writeLock();
      request.start = previous.start();
      request.pageOffset = previous.pageOffset();
      request.target = previous;
      if (right && next != null) {
        request.end = next.end();
        takeAnonVma(previous, next.anonVma() != null ? next : middle);
      } else {
        request.adjustMiddleStart = !request.removeMiddle;
        takeAnonVma(previous, middle);
      }
      return previous;
    }
    if (next == null) {
      throw new IllegalStateException("nothing to merge with");
    }
    mergeRight(request, middle, next);
    return next;
  }

  private void mergeRight(MergeRequest request, Vma middle, Vma next) {
    request.target = next;
    if (request.removeMiddle) {
      request.pageOffset = next.pageOffset() - request.pages();
      request.end = next.end();
    } else {
      // The middle shrinks to what lies below the range; next takes the range over.
      request.adjustNextStart = true;
      request.end = request.start;
      request.start = middle.start();
      request.pageOffset = middle.pageOffset();
    }
    takeAnonVma(next, middle);
  }

  /** Makes the pages of {@code source} findable through {@code target}, which had none. */
  private void takeAnonVma(Vma target, Vma source) {
    if (source.anonVma() != null && target.anonVma() == null) {
      target.assertWriteLocked();
      target.setAnonVma(source.anonVma());
      context.anonVmas().cloneChain(target, source);
    }
  }

  private void commit(MergeRequest request, Vma target) {
    Vma middle = request.middle;
    Vma adjusted = null;
    Vma changed = target;
    if (request.adjustMiddleStart) {
      adjusted = middle;
    } else if (request.adjustNextStart && middle != null) {
      adjusted = target;
      changed = middle;
    }
    VmaUpdate update = new VmaUpdate(context.anonVmas(), changed, adjusted);
    update.begin();
    context
        .ranges()
        .adjustHuge(changed, request.start, request.end, request.adjustMiddleStart ? middle : null);
    changed.setRange(request.start, request.end, request.pageOffset);
    if (adjusted != null) {
      moveStart(adjusted, request.end);
    }
    request.mm.vmas().store(target);
    update.endRemoving(
        request.removeMiddle ? middle : null, request.removeNext ? request.next : null);
  }

  private static void moveStart(Vma vma, long newStart) {
    vma.setRange(newStart, vma.end(), vma.pageOffset(newStart));
  }
}
