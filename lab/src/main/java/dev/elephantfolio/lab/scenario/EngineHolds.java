package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.gup.PinnedPages;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The pages that the engine's processes hold, by name. Used by one thread. */
final class EngineHolds {
  private record Hold(String owner, PinnedPages pages) {}

  private final Map<String, Hold> holds = new LinkedHashMap<>();

  /**
   * Pins a whole range or nothing.
   *
   * @throws MemoryException EFAULT for an empty range, and when only a part could be had; what the
   *     pin of the first page throws
   */
  void pin(String owner, Process process, long address, Call.Pin pin) {
    PageRange range = new PageRange(address, pin.lengthBytes());
    int flags = pin.options().contains(PinOption.WRITE) ? GupFlags.WRITE : 0;
    flags |= pin.options().contains(PinOption.LONGTERM) ? GupFlags.LONGTERM : 0;
    if (range.count() == 0) {
      throw new MemoryException(Errno.EFAULT);
    }
    long start = range.address(0);
    long bytes = (long) range.count() * Contents.PAGE_SIZE;
    PinnedPages pages =
        pin.options().contains(PinOption.FAST)
            ? process.pin(start, bytes, flags)
            : process.pinSlow(start, bytes, flags);
    keep(pin.name(), owner, pages);
  }

  /**
   * Refers to a whole range or nothing, as a pipe does.
   *
   * @throws MemoryException as {@link #pin}, but an empty range is none
   */
  void vmsplice(String owner, Process process, long address, long lengthBytes, String name) {
    PageRange range = new PageRange(address, lengthBytes);
    long bytes = (long) range.count() * Contents.PAGE_SIZE;
    keep(name, owner, process.getPages(range.address(0), bytes, 0));
  }

  private void keep(String name, String owner, PinnedPages pages) {
    if (!pages.isComplete()) {
      pages.unpin();
      throw new MemoryException(Errno.EFAULT);
    }
    holds.put(name, new Hold(owner, pages));
  }

  private PinnedPages pages(String name) {
    return Objects.requireNonNull(holds.get(name), name).pages();
  }

  /** The first word of each page. */
  List<Long> load(String name) {
    PinnedPages pages = pages(name);
    List<Long> values = new ArrayList<>(pages.count());
    for (int i = 0; i < pages.count(); i++) {
      values.add(pages.read((long) i * Contents.PAGE_SIZE));
    }
    return values;
  }

  /** Stores to the first word of each page. */
  void store(String name, long value) {
    PinnedPages pages = pages(name);
    for (int i = 0; i < pages.count(); i++) {
      pages.write((long) i * Contents.PAGE_SIZE, value);
    }
  }

  void release(String name) {
    pages(name).unpin();
    holds.remove(name);
  }

  void releaseAllOf(String owner) {
    for (Map.Entry<String, Hold> each : Map.copyOf(holds).entrySet()) {
      if (each.getValue().owner().equals(owner)) {
        release(each.getKey());
      }
    }
  }
}
