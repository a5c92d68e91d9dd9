package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.SpinLock;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/**
 * The folios that one processor gathered for its next visit to the LRU lists; on cache lines that
 * no other processor writes.
 *
 * <pre>
 *  field | guarded by
 *  ------+------------
 *  words | lock
 * </pre>
 */
final class FolioBatch {
  /** How many folios there are at most. */
  static final int SIZE = 31;

  /** In place of a folio. */
  static final int NONE = 0;

  /** Ints of two cache lines: what keeps off the objects before and behind. */
  private static final int GAP = 32;

  /** Where the number of folios stands; the folios follow. */
  private static final int COUNT = GAP;

  private static final int FIRST = COUNT + 1;

  final SpinLock lock = new SpinLock(LockRank.LRU_BATCH);
  private final int[] words = new int[FIRST + SIZE + GAP];

  /** Adds one; true when no more can be added before {@link #clear}. */
  boolean add(int head) {
    int count = words[COUNT]++;
    words[FIRST + count] = head;
    return count == SIZE - 1;
  }

  int count() {
    return words[COUNT];
  }

  /** The {@code index}th folio, from 0 on; {@link #NONE} where one took a place and no more. */
  int head(int index) {
    return words[FIRST + index];
  }

  /** Takes out those for which {@code removed} says so, and the places without a folio. */
  void removeIf(IntPredicate removed) {
    int kept = 0;
    for (int index = 0; index < count(); index++) {
      int head = head(index);
      if (head != NONE && !removed.test(head)) {
        words[FIRST + kept++] = head;
      }
    }
    words[COUNT] = kept;
  }

  void clear() {
    words[COUNT] = 0;
  }

  void forEach(IntConsumer visitor) {
    for (int index = 0; index < count(); index++) {
      if (head(index) != NONE) {
        visitor.accept(head(index));
      }
    }
  }
}
