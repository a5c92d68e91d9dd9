package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.MemMap;

/**
 * Small folios that are about to leave the LRU lists together, as runs of neighbours: what a
 * program touched in a row it mostly frees in a row, and a run costs the lists' lock no more than
 * one folio.
 *
 * <p>Used by one thread, which has taken the LRU flag of every folio here. So none of them moves,
 * and nothing comes between two neighbours, as folios come to a list at its front only: that two
 * are neighbours can be seen, and stays true, without the lock.
 */
final class LruRuns {
  private static final int UNEVICTABLE = LruList.UNEVICTABLE.ordinal();

  private final MemMap memMap;
  private final int[] newest;
  private final int[] oldest;
  private final int[] lists;
  private final int[] folios;
  private int count;

  /**
   * @param capacity how many folios there can be
   */
  LruRuns(MemMap memMap, int capacity) {
    this.memMap = memMap;
    this.newest = new int[capacity];
    this.oldest = new int[capacity];
    this.lists = new int[capacity];
    this.folios = new int[capacity];
  }

  void add(int head, int list) {
    int run = count - 1;
    if (run >= 0 && lists[run] == list && extend(run, head, list)) {
      folios[run]++;
      return;
    }
    newest[count] = head;
    oldest[count] = head;
    lists[count] = list;
    folios[count++] = 1;
  }

  private boolean extend(int run, int head, int list) {
    if (list == UNEVICTABLE) {
      return true; // without links there is nothing to be next to
    }
    if (memMap.lruPrev(newest[run]) == head) {
      newest[run] = head;
      return true;
    }
    if (memMap.lruNext(oldest[run]) == head) {
      oldest[run] = head;
      return true;
    }
    return false;
  }

  int count() {
    return count;
  }

  int list(int run) {
    return lists[run];
  }

  int newest(int run) {
    return newest[run];
  }

  int oldest(int run) {
    return oldest[run];
  }

  /** How many folios the run has. */
  int folios(int run) {
    return folios[run];
  }

  void clear() {
    count = 0;
  }
}
