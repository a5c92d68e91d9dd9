package dev.elephantfolio.engine.rmap;

import dev.elephantfolio.engine.mm.Vma;
import org.jspecify.annotations.Nullable;

/**
 * The link between one VMA and one {@link AnonVma} whose folios the VMA may map; at the same time a
 * node of that anon_vma's interval tree.
 *
 * <pre>
 *  field                        | guarded by
 *  -----------------------------+----------------------------------
 *  firstIndex, lastIndex, insertion |  the anon_vma's lock, for write
 *  left, right, maxLastIndex    | the anon_vma's lock, for write
 * </pre>
 */
public final class AnonVmaChain {
  private final Vma vma;
  private final AnonVma anonVma;
  final int priority;

  long firstIndex;
  long lastIndex;
  long maxLastIndex;
  long insertion;
  @Nullable AnonVmaChain left;
  @Nullable AnonVmaChain right;

  AnonVmaChain(Vma vma, AnonVma anonVma, int priority) {
    this.vma = vma;
    this.anonVma = anonVma;
    this.priority = priority;
  }

  public Vma vma() {
    return vma;
  }

  public AnonVma anonVma() {
    return anonVma;
  }

  /** Takes the page offsets that the VMA covers now. */
  void readRange() {
    firstIndex = vma.pageOffset();
    lastIndex = firstIndex + ((vma.end() - vma.start()) >>> 12) - 1;
  }

  void updateMax() {
    long max = lastIndex;
    if (left != null) {
      max = Math.max(max, left.maxLastIndex);
    }
    if (right != null) {
      max = Math.max(max, right.maxLastIndex);
    }
    maxLastIndex = max;
  }
}
