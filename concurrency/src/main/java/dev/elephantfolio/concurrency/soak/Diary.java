package dev.elephantfolio.concurrency.soak;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** What a thread did last, and with which pages. The thread writes; anyone may read. */
final class Diary {
  /** Some seconds of a thread. */
  private static final int KEPT = 1 << 14;

  private static final int TOLD_MAX = 16;

  /** A call, or what was done with a pin. */
  private record Deed(String what, int page, int pages) {
    boolean touches(int other) {
      return page <= other && other < page + pages;
    }

    @Override
    public String toString() {
      return "%s %d pages from %d".formatted(what, pages, page);
    }
  }

  private final AtomicReferenceArray<@Nullable Deed> deeds = new AtomicReferenceArray<>(KEPT);
  private volatile long count;

  @SuppressWarnings("NonAtomicVolatileUpdate") // only its thread writes
  void add(String what, int page, int pages) {
    deeds.setRelease((int) (count % KEPT), new Deed(what, page, pages));
    count++;
  }

  /** What is under way, or was done last. */
  String last() {
    return count == 0
        ? "nothing yet"
        : String.valueOf(deeds.getAcquire((int) ((count - 1) % KEPT)));
  }

  /** The last of what was done with a page, in order. */
  List<String> touching(int page) {
    Deque<String> touching = new ArrayDeque<>();
    long end = count;
    for (long at = end - 1; at >= Math.max(0, end - KEPT) && touching.size() < TOLD_MAX; at--) {
      Deed deed = Objects.requireNonNull(deeds.getAcquire((int) (at % KEPT)));
      if (deed.touches(page)) {
        touching.addFirst(deed.toString());
      }
    }
    return List.copyOf(touching);
  }
}
