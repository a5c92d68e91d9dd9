package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.gup.PinnedPages;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The pins of one thread in one process: some under a device's hands, some held for reading, some
 * plain references that only keep folios from being split.
 *
 * <p>While a page stays mapped, pin and process see the same memory, both ways, whatever else
 * happens: that is what a pin is for.
 */
final class PinUse {
  private static final int PINS_MAX = 3;
  private static final int PAGES_MAX = 40;

  /** One pin, and which of its pages the process has dropped or replaced since. */
  private static final class Pin {
    final PinnedPages pages;
    final int firstPage;
    final Device.@Nullable Transfer transfer;
    final boolean[] detached;

    Pin(PinnedPages pages, int firstPage, Device.@Nullable Transfer transfer) {
      this.pages = pages;
      this.firstPage = firstPage;
      this.transfer = transfer;
      this.detached = new boolean[pages.count()];
    }

    boolean isBusy() {
      return transfer != null && !transfer.isDone();
    }

    void detach(int page, int count) {
      int from = Math.max(page - firstPage, 0);
      int to = Math.min(page + count - firstPage, detached.length);
      for (int at = from; at < to; at++) {
        detached[at] = true;
      }
    }

    boolean covers(int page, int count) {
      return page < firstPage + detached.length && firstPage < page + count;
    }
  }

  private final Space space;
  private final Device device;
  private final SplittableRandom random;
  private final Diary diary;
  private final List<Pin> pins = new ArrayList<>();
  private int transfers;

  PinUse(Space space, Device device, SplittableRandom random, Diary diary) {
    this.space = space;
    this.device = device;
    this.random = random;
    this.diary = diary;
  }

  /** Takes a new pin, or lets one go that is done with. */
  void step(int page) {
    if (pins.size() < PINS_MAX && random.nextInt(3) != 0) {
      pin(page);
    } else {
      finishOne();
    }
  }

  private void pin(int page) {
    int count = usable(page, 1 + random.nextInt(PAGES_MAX));
    if (count == 0) {
      return;
    }
    switch (random.nextInt(5)) {
      case 0 -> {
        told("pin for reading", page, count);
        keepForReading(page, count);
      }
      case 1 -> {
        told("refer to", page, count);
        keepPlainReference(page, count);
      }
      default -> {
        told("pin for the device", page, count);
        keepForDevice(page, count);
      }
    }
  }

  private void told(String what, int page, int count) {
    diary.add(space.process + " " + what, page, count);
  }

  /** How many pages from here on this thread may use, whose words are known and in no pin. */
  private int usable(int page, int wanted) {
    int count = 0;
    while (count < wanted && page + count < Layout.PAGES && isUsable(page + count)) {
      count++;
    }
    return count;
  }

  private boolean isUsable(int page) {
    return space.mayUse(page)
        && space.isKnown(page)
        && pins.stream().noneMatch(pin -> pin.covers(page, 1));
  }

  private PinnedPages take(int page, int count, int flags) {
    long address = Layout.address(page);
    long length = Layout.bytes(count);
    return random.nextBoolean()
        ? space.process.pin(address, length, flags)
        : space.process.pinSlow(address, length, flags);
  }

  private int longterm() {
    return random.nextBoolean() ? GupFlags.LONGTERM : 0;
  }

  private void keepForReading(int page, int count) {
    for (int at = page; at < page + count; at++) {
      space.pinnedForReading(at);
    }
    Pin pin = new Pin(take(page, count, longterm()), page, null);
    for (int at = page; at < page + pin.detached.length; at++) {
      // What was never written to may be the zero page, which the next write replaces.
      pin.detached[at - page] = space.word(at) == 0;
    }
    pins.add(pin);
  }

  private void keepPlainReference(int page, int count) {
    PinnedPages held = space.process.getPages(Layout.address(page), Layout.bytes(count), 0);
    Pin pin = new Pin(held, page, null);
    pin.detach(page, count);
    pins.add(pin);
  }

  private void keepForDevice(int page, int count) {
    PinnedPages held = take(page, count, GupFlags.WRITE | longterm());
    long word = (space.thread + 101L) << 56 | (long) page << 32 | (long) ++transfers << 12;
    Device.Transfer transfer = new Device.Transfer(held, space.deviceOffset(), word);
    for (int at = page; at < page + held.count(); at++) {
      space.deviceWrites(at, Space.UNKNOWN);
    }
    pins.add(new Pin(held, page, transfer));
    device.submit(transfer);
  }

  private void finishOne() {
    Iterator<Pin> all = pins.iterator();
    while (all.hasNext()) {
      Pin pin = all.next();
      if (!pin.isBusy()) {
        all.remove();
        finish(pin);
        return;
      }
    }
  }

  private void finish(Pin pin) {
    told(pin.transfer == null ? "let go of" : "finish with", pin.firstPage, pin.detached.length);
    boolean checked = false;
    try {
      check(pin);
      checked = true;
    } catch (MemoryException refused) {
      SoakFailure.unlessRefused(refused);
    } finally {
      letGo(pin, checked);
    }
  }

  private void letGo(Pin pin, boolean checked) {
    if (pin.transfer != null && checked) {
      pin.pages.unpinDirty();
    } else {
      pin.pages.unpin();
    }
  }

  /** Looks at each page from both sides. */
  private void check(Pin pin) {
    for (int at = 0; at < pin.detached.length; at++) {
      Device.Transfer transfer = pin.transfer;
      if (transfer != null) {
        long word = transfer.word() + at;
        expect(pin, at, "word of the device", word, readDevice(pin, at));
        if (!pin.detached[at]) {
          space.deviceWrites(pin.firstPage + at, word);
        }
      }
    }
    for (int at = 0; at < pin.detached.length; at++) {
      int page = pin.firstPage + at;
      if (!pin.detached[at] && space.isKnown(page)) {
        space.check(page);
        expect(pin, at, "word", space.word(page), readOwn(pin, at));
      }
    }
  }

  private long readDevice(Pin pin, int at) {
    return pin.pages.read(Layout.bytes(at) + space.deviceOffset());
  }

  private long readOwn(Pin pin, int at) {
    return pin.pages.read(Layout.bytes(at) + (long) Long.BYTES * space.thread);
  }

  private void expect(Pin pin, int at, String what, long expected, long found) {
    if (expected != found) {
      throw new SoakFailure(
          pin.firstPage + at,
          "%s of %s, page %d: the pin has %s %x, expected %x; pfn %d, mapped %s"
              .formatted(
                  pin.pages,
                  space.process,
                  pin.firstPage + at,
                  what,
                  found,
                  expected,
                  pin.pages.pfn(at),
                  space.process.pagemap(Layout.address(pin.firstPage + at))));
    }
  }

  /** The process drops or replaces pages: pins of them keep memory that nobody else sees. */
  void detach(int page, int count) {
    for (Pin pin : pins) {
      pin.detach(page, count);
    }
  }

  /** Lets go of all; false when a device is still at work. */
  boolean finishAll() {
    while (pins.stream().anyMatch(pin -> !pin.isBusy())) {
      finishOne();
    }
    return pins.isEmpty();
  }
}
