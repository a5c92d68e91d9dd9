package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.gup.PinnedPages;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Writes to pinned pages, past all page tables, while the processes go on. */
final class Device {
  /** One transfer: the same word to a place in each page. */
  static final class Transfer {
    private final PinnedPages pages;
    private final int offsetInPage;
    private final long word;
    private volatile boolean done;

    Transfer(PinnedPages pages, int offsetInPage, long word) {
      this.pages = pages;
      this.offsetInPage = offsetInPage;
      this.word = word;
    }

    boolean isDone() {
      return done;
    }

    long word() {
      return word;
    }

    private void run() {
      for (int page = 0; page < pages.count(); page++) {
        pages.write(Layout.bytes(page) + offsetInPage, word + page);
      }
      done = true;
    }
  }

  private static final long POLL_MILLIS = 20;

  private final LinkedBlockingQueue<Transfer> queue = new LinkedBlockingQueue<>();

  void submit(Transfer transfer) {
    queue.add(transfer);
  }

  /** Makes the next transfer, or waits a little for one. */
  void step(Gate gate) throws InterruptedException {
    Transfer next = queue.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
    if (next != null) {
      gate.pass(next::run);
    }
  }
}
