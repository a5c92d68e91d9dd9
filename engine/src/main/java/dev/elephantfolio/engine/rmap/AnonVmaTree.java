package dev.elephantfolio.engine.rmap;

import org.jspecify.annotations.Nullable;

/**
 * The interval tree of one {@link AnonVma}: which VMAs cover a page offset.
 *
 * <p>A treap whose nodes are the chains themselves, ordered by first page offset and augmented with
 * the largest last offset below. Priorities come from a seeded sequence, so the same calls give the
 * same tree and the same order of visits. Guarded by the anon_vma's lock.
 */
final class AnonVmaTree {
  /** Called for each overlapping chain; false ends the walk. */
  interface Visitor {
    boolean visit(AnonVmaChain chain);
  }

  private @Nullable AnonVmaChain root;
  private long insertions;

  boolean isEmpty() {
    return root == null;
  }

  void insert(AnonVmaChain chain) {
    chain.readRange();
    chain.insertion = insertions++;
    chain.left = null;
    chain.right = null;
    chain.updateMax();
    root = insert(root, chain);
  }

  void remove(AnonVmaChain chain) {
    root = remove(root, chain);
  }

  /** Visits chains that overlap {@code first..last}, by first offset. */
  boolean visit(long first, long last, Visitor visitor) {
    return visit(root, first, last, visitor);
  }

  private static boolean visit(
      @Nullable AnonVmaChain node, long first, long last, Visitor visitor) {
    if (node == null || node.maxLastIndex < first) {
      return true;
    }
    if (!visit(node.left, first, last, visitor)) {
      return false;
    }
    if (node.firstIndex > last) {
      return true;
    }
    if (node.lastIndex >= first && !visitor.visit(node)) {
      return false;
    }
    return visit(node.right, first, last, visitor);
  }

  /**
   * By first offset, then by time of insertion: fork and mremap rely on a walk that meets the
   * source before the copy.
   */
  private static boolean before(AnonVmaChain a, AnonVmaChain b) {
    return a.firstIndex != b.firstIndex ? a.firstIndex < b.firstIndex : a.insertion < b.insertion;
  }

  private static AnonVmaChain insert(@Nullable AnonVmaChain node, AnonVmaChain chain) {
    if (node == null) {
      return chain;
    }
    if (chain.priority > node.priority) {
      split(node, chain);
      chain.updateMax();
      return chain;
    }
    if (before(chain, node)) {
      node.left = insert(node.left, chain);
    } else {
      node.right = insert(node.right, chain);
    }
    node.updateMax();
    return node;
  }

  /** Hangs everything of {@code node} before {@code pivot} left of it, the rest right. */
  private static void split(@Nullable AnonVmaChain node, AnonVmaChain pivot) {
    if (node == null) {
      pivot.left = null;
      pivot.right = null;
    } else if (before(node, pivot)) {
      split(node.right, pivot);
      node.right = pivot.left;
      node.updateMax();
      pivot.left = node;
    } else {
      split(node.left, pivot);
      node.left = pivot.right;
      node.updateMax();
      pivot.right = node;
    }
  }

  private static @Nullable AnonVmaChain remove(@Nullable AnonVmaChain node, AnonVmaChain chain) {
    if (node == null) {
      throw new IllegalStateException("the chain is not in the tree");
    }
    if (node == chain) {
      return merge(node.left, node.right);
    }
    if (before(chain, node)) {
      node.left = remove(node.left, chain);
    } else {
      node.right = remove(node.right, chain);
    }
    node.updateMax();
    return node;
  }

  private static @Nullable AnonVmaChain merge(
      @Nullable AnonVmaChain left, @Nullable AnonVmaChain right) {
    if (left == null) {
      return right;
    }
    if (right == null) {
      return left;
    }
    if (left.priority > right.priority) {
      left.right = merge(left.right, right);
      left.updateMax();
      return left;
    }
    right.left = merge(left, right.left);
    right.updateMax();
    return right;
  }
}
