package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * One process as one thread knows it: the words that the thread last wrote there, and those that a
 * device wrote for it. The thread alone works with it; the words may be looked at by others.
 *
 * <p>A word says who wrote it where, and which write it was:
 *
 * <pre>
 *  bits 56..63  | thread + 1
 *  bits 32..55  | page
 *  bits  0..31  | number of the write, rising
 * </pre>
 */
final class Space {
  /** A device's word that is not known: it is at work, or was when the process was forked. */
  static final long UNKNOWN = -1;

  final Process process;
  final int thread;

  /** Whether no other thread uses this process. */
  final boolean alone;

  /** By page; 0 for none. */
  private final AtomicLongArray words = new AtomicLongArray(Layout.PAGES);

  private final long[] deviceWords = new long[Layout.PAGES];

  private final Certainty[] certainty = new Certainty[Layout.PAGES];

  /**
   * Pages that may be a clean copy: a pin for reading made it, and nobody wrote to it since. Where
   * two processes share one, MADV_FREE of either gives up the contents of both; that is so in 6.18
   * (docs/fidelity.md), and no pin's fault.
   */
  private final boolean[] perhapsClean = new boolean[Layout.PAGES];

  private int writes;

  /** What is known of a page. */
  private enum Certainty {
    /** The words are there. */
    KNOWN,
    /** A refused call may have taken them away, or not: a look will tell. */
    PERHAPS_LOST,
    /** They may go at any time until something is written: MADV_FREE. */
    FREE
  }

  /** A process in which nothing was written. */
  Space(Process process, int thread, boolean alone) {
    this.process = process;
    this.thread = thread;
    this.alone = alone;
    Arrays.fill(certainty, Certainty.KNOWN);
    for (int page = 0; page < Layout.PAGES; page++) {
      perhapsClean[page] = mayBePinnedByOthers(page);
    }
  }

  /** What the thread knows of a child right after its fork. */
  static Space ofChild(Space parent, Process child) {
    Space space = new Space(child, parent.thread, true);
    for (int page = 0; page < Layout.PAGES; page++) {
      space.words.setPlain(page, parent.words.getPlain(page));
      space.deviceWords[page] = parent.deviceWords[page];
      space.certainty[page] = parent.certainty[page];
      space.perhapsClean[page] = parent.perhapsClean[page];
    }
    space.writes = parent.writes;
    return space;
  }

  /** What the other thread owned before a fork it may just have unmapped, or protected. */
  boolean mayUse(int page) {
    int owner = Layout.owner(page);
    return owner == thread || owner == Layout.NOBODY;
  }

  boolean mayDestroy(int page) {
    int owner = Layout.owner(page);
    return owner == thread || (alone && owner == Layout.NOBODY);
  }

  private boolean mayBePinnedByOthers(int page) {
    return !alone && Layout.owner(page) == Layout.NOBODY;
  }

  /** Writes the thread's word of the page. */
  void write(int page) {
    long word = (thread + 1L) << 56 | (long) page << 32 | ++writes & 0xFFFF_FFFFL;
    process.write(Layout.address(page) + Long.BYTES * thread, word);
    words.setRelease(page, word);
    perhapsClean[page] = mayBePinnedByOthers(page);
    if (certainty[page] != Certainty.KNOWN) {
      certainty[page] = Certainty.KNOWN;
      deviceWords[page] = UNKNOWN;
    }
  }

  /** Reads the thread's words of the page and holds them against what was written. */
  void check(int page) {
    checkAt(page, Layout.address(page));
  }

  /** As {@link #check}, of a page that was moved to {@code address}. */
  void checkAt(int page, long address) {
    long found = process.read(address + Long.BYTES * thread);
    long foundOfDevice = process.read(address + deviceOffset());
    if (certainty[page] == Certainty.KNOWN) {
      expect(page, "word", words.getPlain(page), found);
      if (deviceWords[page] != UNKNOWN) {
        expect(page, "word of the device", deviceWords[page], foundOfDevice);
      }
    } else {
      checkUncertain(page, found, foundOfDevice);
    }
  }

  private void checkUncertain(int page, long found, long foundOfDevice) {
    long word = words.getPlain(page);
    boolean lost = word != 0 && found == 0;
    if (deviceWords[page] != UNKNOWN && deviceWords[page] != 0) {
      lost |= foundOfDevice == 0;
      expect(page, "word of the device", lost ? 0 : deviceWords[page], lost ? 0 : foundOfDevice);
    }
    expect(page, "word", lost ? 0 : word, lost ? 0 : found);
    if (lost) {
      lost(page, 1);
    } else if (certainty[page] == Certainty.PERHAPS_LOST && word != 0) {
      certainty[page] = Certainty.KNOWN;
    }
  }

  /** Where in each page a device writes for this thread. */
  int deviceOffset() {
    return Long.BYTES * (Layout.THREADS + thread);
  }

  private void expect(int page, String what, long expected, long found) {
    if (expected != found) {
      throw new SoakFailure(
          page,
          "%s, page %d: %s %x, expected %x; %s"
              .formatted(process, page, what, found, expected, whereabouts(page)));
    }
  }

  private String whereabouts(int page) {
    long address = Layout.address(page);
    return process.memory().vmas().at(address) + " " + process.pagemap(address);
  }

  /** Nothing is left in the pages. */
  void lost(int page, int pages) {
    for (int at = page; at < page + pages; at++) {
      words.setRelease(at, 0);
      deviceWords[at] = 0;
      perhapsClean[at] = mayBePinnedByOthers(at);
      certainty[at] = Certainty.KNOWN;
    }
  }

  /** A call that takes pages away was refused in the middle. */
  void perhapsLost(int page, int pages) {
    for (int at = page; at < page + pages; at++) {
      if (certainty[at] == Certainty.KNOWN) {
        certainty[at] = Certainty.PERHAPS_LOST;
      }
    }
  }

  /** A pin for reading is about to give the process a page of its own, which is a clean copy. */
  void pinnedForReading(int page) {
    perhapsClean[page] = true;
  }

  /** Whether MADV_FREE of the page can take it from no other process. */
  boolean mayFree(int page) {
    return mayDestroy(page) && !perhapsClean[page];
  }

  /** The pages may be taken away at any time until they are written to. */
  void freed(int page, int pages) {
    for (int at = page; at < page + pages; at++) {
      certainty[at] = Certainty.FREE;
    }
  }

  /** The thread's word; may be asked by others. */
  long word(int page) {
    return words.getAcquire(page);
  }

  /** The device wrote {@code word}, or begins to write ({@link #UNKNOWN}). */
  void deviceWrites(int page, long word) {
    deviceWords[page] = word;
  }

  /** Whether it is sure that the page still has its words. */
  boolean isKnown(int page) {
    return certainty[page] == Certainty.KNOWN;
  }

  /**
   * Checks every page that the thread uses; what memory does not allow to be read is left out.
   *
   * @return how many were checked
   */
  int checkAll() {
    int checked = 0;
    for (int page = 0; page < Layout.PAGES; page++) {
      if (mayUse(page) && checkUnlessOutOfMemory(page)) {
        checked++;
      }
    }
    return checked;
  }

  private boolean checkUnlessOutOfMemory(int page) {
    try {
      check(page);
      return true;
    } catch (MemoryException refused) {
      if (refused.signal().isPresent()) {
        SoakFailure failure =
            new SoakFailure(
                page,
                "%s, page %d: %s; %s"
                    .formatted(process, page, refused.getMessage(), whereabouts(page)));
        failure.initCause(refused);
        throw failure;
      }
      return false;
    }
  }
}
