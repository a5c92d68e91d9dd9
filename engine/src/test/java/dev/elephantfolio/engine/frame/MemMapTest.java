package dev.elephantfolio.engine.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Cpus;
import org.junit.jupiter.api.Test;

/** Folios of all orders: where their numbers lie must not show, and splits must keep them. */
class MemMapTest {
  private static final int HUGE = 9;
  private static final long MAPPING = 77L << 36 | 1000;

  private final MemMap map = new MemMap(16 << 10);
  private final PageAllocator pages = new PageAllocator(map, new Cpus(1), 0);

  private int allocate(int order) {
    int head = pages.allocate(order, GfpFlags.HIGHUSER_MOVABLE);
    assertEquals(0, head & ((1 << order) - 1));
    return head;
  }

  private void free(int head) {
    assertEquals(0, map.put(head, 1));
    pages.free(head, map.order(head));
    FrameCheck.check(pages);
  }

  @Test
  void aNewFolioHasOneReferenceAndNothingElse() {
    for (int order = 0; order <= PageAllocator.ORDER_MAX; order++) {
      int head = allocate(order);
      assertEquals(order, map.flags(head));
      assertEquals(1, map.refCount(head));
      assertEquals(0, map.mapping(head));
      for (int page = 0; page < 1 << order; page++) {
        assertEquals(head, map.head(head + page));
        assertEquals(0, map.mapCount(head + page));
        assertFalse(map.testPageFlag(head + page, PageFlag.ANON_EXCLUSIVE));
      }
      if (order > 0) {
        assertEquals(0, map.largeMapCount(head));
        assertEquals(0, map.nrPagesMapped(head));
        assertEquals(0, map.pinCount(head));
        assertEquals(0, map.mmId(head, 0) | map.mmId(head, 1));
        assertEquals(0, map.mmIdMapCount(head, 0) | map.mmIdMapCount(head, 1));
      }
      free(head);
    }
  }

  /** Writes a number of its own into every field; none may disturb another. */
  private void fill(int head, int order) {
    map.setFlag(head, FolioFlags.UPTODATE | FolioFlags.SWAPBACKED | FolioFlags.REFERENCED);
    map.get(head, 4);
    map.setMapping(head, MAPPING);
    map.setLruNext(head, 11);
    map.setLruPrev(head, 12);
    for (int page = 0; page < 1 << order; page++) {
      for (int count = 0; count <= page % 3; count++) {
        map.incMapCount(head + page);
      }
      if (page % 2 == 0) {
        map.setPageFlag(head + page, PageFlag.ANON_EXCLUSIVE);
      }
    }
    if (order > 0) {
      map.addLargeMapCount(head, 20);
      map.addNrPagesMapped(head, (1 << order) - 1);
      map.addPinCount(head, 22);
      map.setMmId(head, 0, Integer.MAX_VALUE);
      map.setMmId(head, 1, 24);
      map.setMmIdMapCount(head, 0, 25);
      map.setMmIdMapCount(head, 1, MemMap.MM_ID_MAP_COUNT_MAX);
    }
    if (order > 1) {
      map.setDeferredNext(head, -1);
      map.setDeferredPrev(head, 27);
    }
  }

  private void checkFilled(int head, int order) {
    int flags = FolioFlags.UPTODATE | FolioFlags.SWAPBACKED | FolioFlags.REFERENCED;
    assertEquals(flags | PageFlag.ANON_EXCLUSIVE | order, map.flags(head));
    assertEquals(5, map.refCount(head));
    assertEquals(MAPPING, map.mapping(head));
    assertEquals(11, map.lruNext(head));
    assertEquals(12, map.lruPrev(head));
    for (int page = 0; page < 1 << order; page++) {
      assertEquals(page % 3 + 1, map.mapCount(head + page));
      assertEquals(page % 2 == 0, map.testPageFlag(head + page, PageFlag.ANON_EXCLUSIVE));
    }
    if (order > 0) {
      assertEquals(20, map.largeMapCount(head));
      assertEquals((1 << order) - 1, map.nrPagesMapped(head));
      assertEquals(22, map.pinCount(head));
      assertEquals(Integer.MAX_VALUE, map.mmId(head, 0));
      assertEquals(24, map.mmId(head, 1));
      assertEquals(25, map.mmIdMapCount(head, 0));
      assertEquals(MemMap.MM_ID_MAP_COUNT_MAX, map.mmIdMapCount(head, 1));
    }
    if (order > 1) {
      assertEquals(-1, map.deferredNext(head));
      assertEquals(27, map.deferredPrev(head));
    }
  }

  private void empty(int head, int order) {
    for (int page = 0; page < 1 << order; page++) {
      for (int count = 0; count <= page % 3; count++) {
        map.decMapCount(head + page);
      }
      map.clearPageFlag(head + page, PageFlag.ANON_EXCLUSIVE);
    }
    if (order > 0) {
      map.addLargeMapCount(head, -20);
      map.addNrPagesMapped(head, 1 - (1 << order));
      assertEquals(0, map.addPinCount(head, -22));
      assertEquals(0, map.nrPagesMapped(head));
    }
    assertEquals(1, map.put(head, 4));
  }

  @Test
  void fieldsOfAnyOrderAreApart() {
    for (int order = 0; order <= PageAllocator.ORDER_MAX; order++) {
      int head = allocate(order);
      int neighbour = allocate(order);
      fill(head, order);
      fill(neighbour, order);
      checkFilled(head, order);
      empty(head, order);
      checkFilled(neighbour, order);
      empty(neighbour, order);
      free(head);
      free(neighbour);
    }
  }

  @Test
  void aFolioSplitsFromAnyOrderToAnyLower() {
    for (int oldOrder = 1; oldOrder <= PageAllocator.ORDER_MAX; oldOrder++) {
      for (int newOrder = 0; newOrder < oldOrder; newOrder++) {
        int head = allocate(oldOrder);
        fill(head, oldOrder);
        empty(head, oldOrder);
        splitAndCheck(head, oldOrder, newOrder);
      }
    }
  }

  private void splitAndCheck(int head, int oldOrder, int newOrder) {
    map.setFlag(head, FolioFlags.LRU | FolioFlags.LOCKED | FolioFlags.PARTIALLY_MAPPED);
    map.setPageFlag(head + 1, PageFlag.ANON_EXCLUSIVE);
    assertFalse(map.freezeRef(head, 2));
    assertTrue(map.freezeRef(head, 1));
    assertFalse(map.tryGet(head));
    map.splitFolio(head, oldOrder, newOrder);
    int inherited = FolioFlags.UPTODATE | FolioFlags.SWAPBACKED | FolioFlags.REFERENCED;
    for (int piece = head; piece < head + (1 << oldOrder); piece += 1 << newOrder) {
      int lru = piece == head ? FolioFlags.LRU : 0;
      int exclusive = piece == head + 1 ? PageFlag.ANON_EXCLUSIVE : 0;
      assertEquals(inherited | FolioFlags.LOCKED | lru | exclusive | newOrder, map.flags(piece));
      assertEquals(MAPPING + (piece - head), map.mapping(piece));
      assertEquals(piece == head ? 11 : 0, map.lruNext(piece));
      assertEquals(0, map.refCount(piece));
      map.unfreezeRef(piece, 1);
      assertTrue(map.tryGet(piece));
      assertEquals(1, map.put(piece, 1));
    }
    assertTrue(map.testPageFlag(head + 1, PageFlag.ANON_EXCLUSIVE));
    for (int piece = head; piece < head + (1 << oldOrder); piece += 1 << newOrder) {
      map.clearFlag(piece, FolioFlags.LRU | FolioFlags.LOCKED);
      free(piece);
    }
  }

  @Test
  void aHugeFolioCountsItsPagesOnlyWhenAsked() {
    int head = allocate(HUGE);
    assertFalse(map.hasTails(head));
    assertEquals(0, map.mapCount(head + 5));
    map.expandTails(head);
    assertTrue(map.hasTails(head));
    assertEquals(1, map.incMapCount(head + 5));
    assertEquals(2, map.addEntireMapCount(head, 2));
    assertEquals(1, map.refCount(head));
    assertThrows(IllegalStateException.class, () -> map.collapseTails(head));
    assertEquals(0, map.decMapCount(head + 5));
    assertEquals(0, map.addEntireMapCount(head, -2));
    map.collapseTails(head);
    assertFalse(map.hasTails(head));
    free(head);
  }

  @Test
  void aBlockForgetsItsFramesWhenTheyMerge() {
    int head = allocate(HUGE);
    map.freezeRef(head, 1);
    map.splitFolio(head, HUGE, 0);
    FrameBlock block = map.individual(head);
    for (int page = 0; page < 1 << HUGE; page++) {
      map.unfreezeRef(head + page, 1);
    }
    for (int page = 0; page < 1 << HUGE; page++) {
      free(head + page);
    }
    pages.drain();
    assertTrue(block != null && map.blockOrNull(head) != block);
    FrameCheck.check(pages);
  }

  @Test
  void misuseIsRefused() {
    int head = allocate(0);
    assertThrows(IllegalStateException.class, () -> map.put(head, 2));
    map.get(head, 2);
    assertThrows(IllegalStateException.class, () -> map.decMapCount(head));
    assertThrows(IllegalStateException.class, () -> map.addEntireMapCount(head, 1));
    int other = allocate(3);
    assertThrows(IllegalStateException.class, () -> pages.free(other, 3), "still referenced");
    assertThrows(IllegalStateException.class, () -> map.splitFolio(other, 3, 0), "not frozen");
    map.put(other, 1);
    map.setFlag(other, FolioFlags.LRU);
    assertThrows(IllegalStateException.class, () -> pages.free(other, 3), "on a list");
    map.clearFlag(other, FolioFlags.LRU);
    map.incMapCount(other + 2);
    assertThrows(IllegalStateException.class, () -> pages.free(other, 3), "mapped");
    map.decMapCount(other + 2);
    assertThrows(IllegalStateException.class, () -> pages.free(other, 2), "of order 3");
    pages.free(other, 3);
    FrameCheck.check(pages);
  }
}
