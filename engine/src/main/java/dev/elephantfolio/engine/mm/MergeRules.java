package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.rmap.AnonVma;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which areas may become one, as 6.18 decides.
 *
 * <p>Two neighbours merge when they have the same flags (sticky ones aside), file and name, when
 * the pages of one continue those of the other, and when their anon_vmas go together:
 *
 * <pre>
 *  area merged into | merged range | may merge
 *  -----------------+--------------+-----------------------------------------------------
 *  none             | none         | yes
 *  none             | A            | when nothing of the range came from a parent by fork
 *  A                | none         | when nothing of the area came from a parent by fork
 *  A                | A            | yes
 *  A                | B            | no
 * </pre>
 *
 * An area with more than one anon_vma chain was forked: its pages may be a relative's, and merging
 * would tie unrelated memory to the family's lock.
 */
final class MergeRules {
  private MergeRules() {}

  /** May the range join the area below it? */
  static boolean canMergeLeft(MergeRequest request) {
    Vma previous = request.previous;
    return previous != null
        && previous.end() == request.start
        && sameAttributes(request, previous)
        && anonVmasGoTogether(request, previous)
        && previous.pageOffset() + previous.pages() == request.pageOffset;
  }

  /** May the range join the area above it, given whether it also joins the one below? */
  static boolean canMergeRight(MergeRequest request, boolean mergesLeft) {
    Vma next = request.next;
    if (next == null
        || next.start() != request.end
        || !sameAttributes(request, next)
        || !anonVmasGoTogether(request, next)
        || next.pageOffset() != request.pageOffset + request.pages()) {
      return false;
    }
    // Each may go with the range between them and still not go with each other.
    return !mergesLeft || request.previous == null || shareAnonVma(request.previous, next);
  }

  /** Areas that are never merged: device memory and the like. */
  static boolean isSpecial(long flags) {
    return VmFlags.has(flags, VmFlags.SPECIAL);
  }

  private static boolean sameAttributes(MergeRequest request, Vma area) {
    return ((request.flags ^ area.flags()) & ~VmFlags.STICKY) == 0
        && request.file == area.file()
        && Objects.equals(request.name, area.name());
  }

  private static boolean anonVmasGoTogether(MergeRequest request, Vma area) {
    AnonVma ofArea = area.anonVma();
    AnonVma ofRange = request.anonVma;
    if (ofArea == null && ofRange != null) {
      return !wasForked(request.middle) && !wasForked(request.copiedFrom);
    }
    if (ofArea != null && ofRange == null) {
      return !wasForked(area);
    }
    return ofArea == ofRange;
  }

  private static boolean wasForked(@Nullable Vma area) {
    return area != null && area.anonVma() != null && area.anonVmaChains().size() != 1;
  }

  private static boolean shareAnonVma(Vma lower, Vma upper) {
    AnonVma ofLower = lower.anonVma();
    AnonVma ofUpper = upper.anonVma();
    return ofLower == null || ofUpper == null || ofLower == ofUpper;
  }
}
