package dev.elephantfolio.engine.random;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.PagemapEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What each process must find in its pages: the word it wrote last, or inherited, or zero.
 *
 * <p>A range that a call may drop or move is looked at anew after the call, without a fault; every
 * other page must stay as it was. Private memory only: a page that becomes shared is forgotten.
 */
final class ContentModel {
  private record Range(Process process, long address, long length) {}

  private static final long PAGE = 4096;

  /** Calls between looking at every page. */
  private static final int CHECK_EVERY = 8;

  private final Machine machine;
  private final boolean active;
  private final Map<Process, Map<Long, Long>> words = new HashMap<>();
  private int calls;
  private final List<Range> changed = new ArrayList<>();

  private ContentModel(Machine machine, boolean active) {
    this.machine = machine;
    this.active = active;
  }

  static ContentModel of(Machine machine) {
    return new ContentModel(machine, true);
  }

  /** A model that checks nothing, for programs whose threads race. */
  static ContentModel none(Machine machine) {
    return new ContentModel(machine, false);
  }

  void wrote(Process process, long address, long word) {
    if (active) {
      of(process).put(address, word);
    }
  }

  void read(Process process, long address, long word) {
    if (active) {
      long expected = of(process).getOrDefault(address, word);
      if (expected != word) {
        throw new AssertionError(
            "%s reads %x at %x, expected %x".formatted(process, word, address, expected));
      }
      of(process).put(address, word);
    }
  }

  /** The call under way may drop or move what is in the range, even when it fails. */
  void changes(Process process, long address, long length) {
    if (active) {
      changed.add(new Range(process, address, length));
    }
  }

  /** Nothing is left in the range. */
  void dropped(Process process, long address, long length) {
    if (active) {
      of(process).keySet().removeIf(at -> at >= address && at < address + length);
    }
  }

  void forked(Process parent, Process child) {
    if (active) {
      words.put(child, new HashMap<>());
      of(parent).keySet().removeIf(address -> isShared(parent, address));
      look(child, of(parent));
    }
  }

  void gone(Process process) {
    words.remove(process);
  }

  private Map<Long, Long> of(Process process) {
    return words.computeIfAbsent(process, _ -> new HashMap<>());
  }

  /** After a call: forgets what it may have changed and, now and then, checks all else. */
  void settle() {
    if (!active) {
      return;
    }
    for (Range range : changed) {
      of(range.process())
          .keySet()
          .removeIf(at -> at >= range.address() && at < range.address() + range.length());
    }
    changed.clear();
    words.keySet().removeIf(process -> !process.isAlive());
    if (++calls % CHECK_EVERY == 0) {
      words.forEach(this::check);
    }
  }

  private void check(Process process, Map<Long, Long> expected) {
    expected.entrySet().removeIf(page -> isShared(process, page.getKey()));
    expected.forEach((address, word) -> {
      long found = peek(process, address);
      if (found != word) {
        throw new AssertionError(
            "%s holds %x at %x, expected %x".formatted(process, found, address, word));
      }
    });
  }

  /** A child finds what its parent had, except where it was told to find something else. */
  private void look(Process child, Map<Long, Long> parentWords) {
    parentWords.forEach((address, word) -> {
      long found = peek(child, address);
      if (found != 0 && found != word) {
        throw new AssertionError(
            "%s inherits %x at %x, expected %x".formatted(child, found, address, word));
      }
      of(child).put(address, found);
    });
  }

  private static boolean isShared(Process process, long address) {
    PagemapEntry page = process.pagemap(address);
    return page.file() || !page.present();
  }

  /** The word at {@code address} without touching the page. */
  private long peek(Process process, long address) {
    PagemapEntry page = process.pagemap(Objects.checkIndex(address, Long.MAX_VALUE) & -PAGE);
    boolean empty = !page.present() || page.zero();
    return empty ? 0 : machine.kernel().contents().readLong(page.pfn(), 0);
  }
}
