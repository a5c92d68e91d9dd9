package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.MremapCall;
import dev.elephantfolio.engine.mm.Prot;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;

/** What one thread does to one process: a random call at a time, each followed by a look. */
final class Calls {
  private static final int MAP_FLAGS =
      MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED | MapFlags.NORESERVE;
  private static final int[] HARMLESS = {
    Madvise.HUGEPAGE,
    Madvise.HUGEPAGE,
    Madvise.NOHUGEPAGE,
    Madvise.COLLAPSE,
    Madvise.COLLAPSE,
    Madvise.COLLAPSE,
    Madvise.COLD,
    Madvise.PAGEOUT,
    Madvise.POPULATE_READ,
    Madvise.POPULATE_WRITE,
    Madvise.WILLNEED
  };
  private static final int[] SPLIT_ORDERS = {0, 0, 2, 4, 6};
  private static final int PATIENCE = 10_000;

  private final Machine machine;
  private final Space space;
  private final Process process;
  private final PinUse pins;
  private final SplittableRandom random;
  private final Diary diary;

  Calls(Machine machine, Space space, PinUse pins, SplittableRandom random, Diary diary) {
    this.machine = machine;
    this.space = space;
    this.process = space.process;
    this.pins = pins;
    this.random = random;
    this.diary = diary;
  }

  /** Maps all of the process's memory. */
  static void furnish(Process process) {
    long _ =
        process.mmap(Layout.BASE, Layout.bytes(Layout.PAGES), Prot.READ | Prot.WRITE, MAP_FLAGS);
  }

  /** Makes a call; its refusal is an ordinary outcome. */
  void step() {
    int pages = length();
    int page = random.nextInt(Layout.PAGES);
    if (pages == Layout.BLOCK_PAGES) {
      page &= -Layout.BLOCK_PAGES;
    }
    pages = Math.min(pages, Layout.PAGES - page);
    try {
      make(random.nextInt(100), page, pages);
    } catch (MemoryException refused) {
      if (refused.signal().isPresent()) {
        throw new SoakFailure(diary.last() + " ended in " + refused.getMessage(), refused);
      }
    }
  }

  private int length() {
    return switch (random.nextInt(8)) {
      case 0 -> Layout.BLOCK_PAGES;
      case 1 -> 1 + random.nextInt(Layout.BLOCK_PAGES);
      case 2, 3 -> 1;
      default -> 1 + random.nextInt(24);
    };
  }

  private void make(int kind, int page, int pages) {
    if (kind < 30) {
      write(page, pages);
    } else if (kind < 50) {
      read(page, pages);
    } else if (kind < 62) {
      advise(page, pages);
    } else if (kind < 68) {
      split(page, pages);
    } else if (kind < 78) {
      pins.step(page);
    } else {
      destroy(kind, page, pages);
    }
  }

  private void called(String call, int page, int pages) {
    diary.add(process + " " + call, page, pages);
  }

  private void write(int page, int pages) {
    called("write", page, pages);
    for (int at = page; at < page + pages; at++) {
      if (space.mayUse(at)) {
        space.write(at);
      }
    }
  }

  private void read(int page, int pages) {
    called("read", page, pages);
    for (int at = page; at < page + pages; at++) {
      if (space.mayUse(at)) {
        space.check(at);
      }
    }
  }

  private void advise(int page, int pages) {
    int advice = HARMLESS[random.nextInt(HARMLESS.length)];
    called("madvise " + advice, page, pages);
    int first = advice == Madvise.COLLAPSE ? page & -Layout.BLOCK_PAGES : page;
    int count = advice == Madvise.COLLAPSE ? Layout.BLOCK_PAGES : pages;
    try {
      process.madvise(Layout.address(first), Layout.bytes(count), advice);
    } catch (MemoryException _) {
      // Another thread's pages may be protected or away just now, and memory may be short.
    }
  }

  private void split(int page, int pages) {
    called("split", page, pages);
    int order = SPLIT_ORDERS[random.nextInt(SPLIT_ORDERS.length)];
    machine.splitHugePages(process, Layout.address(page), Layout.address(page + pages), order);
  }

  // What only the owner may do.

  private void destroy(int kind, int page, int wanted) {
    int pages = run(page, wanted, space::mayDestroy);
    if (pages == 0) {
      return;
    }
    if (kind < 81) {
      freeWhatMayBe(page, pages);
    } else if (kind < 84) {
      drop(page, pages);
    } else if (kind < 88) {
      remap(page, pages);
    } else if (kind < 93) {
      move(page, pages);
    } else if (kind < 97) {
      protect(page, pages);
    } else {
      lock(page, pages);
    }
  }

  /** How many pages from {@code page} on, {@code wanted} at most, are all so. */
  private static int run(int page, int wanted, IntPredicate so) {
    int pages = 0;
    while (pages < wanted && so.test(page + pages)) {
      pages++;
    }
    return pages;
  }

  private void freeWhatMayBe(int page, int wanted) {
    int pages = run(page, wanted, space::mayFree);
    if (pages == 0) {
      return;
    }
    called("free", page, pages);
    pins.detach(page, pages);
    space.freed(page, pages);
    process.madvise(Layout.address(page), Layout.bytes(pages), Madvise.FREE);
  }

  private void drop(int page, int pages) {
    long address = Layout.address(page);
    long length = Layout.bytes(pages);
    pins.detach(page, pages);
    space.perhapsLost(page, pages);
    if (random.nextInt(4) == 0) {
      called("guard", page, pages);
      guard(address, length);
    } else {
      called("drop", page, pages);
      process.madvise(address, length, Madvise.DONTNEED);
    }
    space.lost(page, pages);
  }

  private void guard(long address, long length) {
    try {
      process.madvise(address, length, Madvise.GUARD_INSTALL);
      expectSignal(address, false);
    } finally {
      untilDone(() -> process.madvise(address, length, Madvise.GUARD_REMOVE));
    }
  }

  private void remap(int page, int pages) {
    called("map anew", page, pages);
    pins.detach(page, pages);
    if (random.nextBoolean()) {
      untilDone(() -> process.munmap(Layout.address(page), Layout.bytes(pages)));
      expectSignal(Layout.address(page), random.nextBoolean());
    }
    mapAnew(page, pages);
  }

  private void mapAnew(int page, int pages) {
    untilDone(() -> {
      long _ =
          process.mmap(
              Layout.address(page), Layout.bytes(pages), Prot.READ | Prot.WRITE, MAP_FLAGS);
    });
    space.lost(page, pages);
  }

  /** Moves pages away, looks at them there, and moves them back. */
  private void move(int page, int pages) {
    called("move", page, pages);
    long home = Layout.address(page);
    long shift = random.nextBoolean() ? 0 : Layout.bytes(random.nextInt(Layout.BLOCK_PAGES));
    long away = Layout.scratch(space.thread) + (home - Layout.BASE) + shift;
    boolean moved = false;
    try {
      moveOnce(home, away, pages, random.nextInt(4) == 0);
      look(page, pages, away);
      moveOnce(away, home, pages, false);
      moved = true;
    } finally {
      if (!moved) {
        pins.detach(page, pages);
        clean(page, pages, away);
      }
    }
    read(page, Math.min(pages, 4));
  }

  private void moveOnce(long from, long to, int pages, boolean keepArea) {
    int flags = MremapCall.MAYMOVE | MremapCall.FIXED | (keepArea ? MremapCall.DONTUNMAP : 0);
    long length = Layout.bytes(pages);
    long _ = process.mremap(from, length, length, flags, to);
  }

  private void look(int page, int pages, long away) {
    for (int at = 0; at < pages; at++) {
      space.checkAt(page + at, away + Layout.bytes(at));
    }
  }

  /** After a refusal in the middle nothing is known but how to begin again. */
  private void clean(int page, int pages, long away) {
    untilDone(() -> process.munmap(away, Layout.bytes(pages)));
    mapAnew(page, pages);
  }

  private void protect(int page, int pages) {
    called("protect", page, pages);
    long address = Layout.address(page);
    long length = Layout.bytes(pages);
    int weaker = random.nextInt(3) == 0 ? Prot.NONE : Prot.READ;
    try {
      process.mprotect(address, length, weaker);
      expectSignal(address, true);
      if (weaker == Prot.READ) {
        read(page, pages);
      }
    } finally {
      untilDone(() -> process.mprotect(address, length, Prot.READ | Prot.WRITE));
    }
  }

  private void lock(int page, int pages) {
    called("lock", page, pages);
    if (random.nextBoolean()) {
      process.mlock(Layout.address(page), Layout.bytes(pages));
    } else {
      process.munlock(Layout.address(page), Layout.bytes(pages));
    }
  }

  private void expectSignal(long address, boolean write) {
    try {
      if (write) {
        process.write(address, 1);
      } else {
        long _ = process.read(address);
      }
    } catch (MemoryException refused) {
      if (refused.signal().isPresent() || refused.errno() == Errno.ENOMEM) {
        return;
      }
      throw refused;
    }
    throw new SoakFailure("no signal: " + diary.last() + " at " + Long.toHexString(address));
  }

  /** A call that must succeed in the end: others give memory back. */
  private static void untilDone(Runnable call) {
    for (int attempt = 1; ; attempt++) {
      try {
        call.run();
        return;
      } catch (MemoryException refused) {
        if (attempt == PATIENCE) {
          throw new SoakFailure("still refused after " + PATIENCE + " attempts", refused);
        }
        Thread.yield();
      }
    }
  }
}
