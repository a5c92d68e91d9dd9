package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.gup.PinnedPages;

/**
 * A page behind an address of a process, referred to until it is put.
 *
 * @param held the reference
 * @param entry the entry that would map it: its frame, WRITABLE when the process may write it now,
 *     SPECIAL for a page of zeroes
 */
record GuestPage(PinnedPages held, long entry) {
  void put() {
    held.unpin();
  }
}
