package dev.elephantfolio.engine.random;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One random program: calls of a few related processes on a small window of addresses, with weights
 * that reach the corners (partial unmaps of huge pages, forks of forks, collapse after each, every
 * advice).
 *
 * <p>The same seed gives the same calls. {@link #step} makes one; what it made last is in {@link
 * #lastCall}.
 */
final class RandomProgram {
  /** Windows of 8 MiB each, apart from each other. */
  static final int WINDOWS = 3;

  static final long WINDOW_BYTES = 8L << 20;
  private static final long BASE = 0x1000_0000_0000L;
  private static final long PAGE = 4096;
  private static final long HUGE = 2L << 20;
  private static final int PROCESSES_MAX = 4;

  private static final int[] ADVICES = {
    Madvise.NORMAL,
    Madvise.RANDOM,
    Madvise.SEQUENTIAL,
    Madvise.WILLNEED,
    Madvise.DONTNEED,
    Madvise.DONTNEED,
    Madvise.FREE,
    Madvise.HUGEPAGE,
    Madvise.HUGEPAGE,
    Madvise.NOHUGEPAGE,
    Madvise.COLLAPSE,
    Madvise.COLLAPSE,
    Madvise.COLD,
    Madvise.PAGEOUT,
    Madvise.POPULATE_READ,
    Madvise.POPULATE_WRITE,
    Madvise.DONTFORK,
    Madvise.DOFORK,
    Madvise.WIPEONFORK,
    Madvise.KEEPONFORK,
    Madvise.GUARD_INSTALL,
    Madvise.GUARD_REMOVE,
    0x7777
  };

  private static final int[] PROTECTIONS = {
    Prot.NONE,
    Prot.READ,
    Prot.READ | Prot.WRITE,
    Prot.READ | Prot.WRITE,
    Prot.READ | Prot.WRITE,
    Prot.READ | Prot.EXEC
  };

  private static final String[][] SETTINGS = {
    {"transparent_hugepage/enabled", "always"},
    {"transparent_hugepage/enabled", "madvise"},
    {"transparent_hugepage/enabled", "never"},
    {"transparent_hugepage/hugepages-16kB/enabled", "always"},
    {"transparent_hugepage/hugepages-64kB/enabled", "always"},
    {"transparent_hugepage/hugepages-512kB/enabled", "inherit"},
    {"transparent_hugepage/hugepages-64kB/enabled", "never"},
    {"transparent_hugepage/hugepages-2048kB/enabled", "never"},
    {"transparent_hugepage/hugepages-2048kB/enabled", "inherit"},
    {"transparent_hugepage/use_zero_page", "0"},
    {"transparent_hugepage/use_zero_page", "1"},
    {"transparent_hugepage/khugepaged/max_ptes_none", "0"},
    {"transparent_hugepage/khugepaged/max_ptes_none", "511"},
    {"transparent_hugepage/khugepaged/max_ptes_shared", "0"},
    {"transparent_hugepage/khugepaged/max_ptes_shared", "511"},
  };

  private final Machine machine;
  private final SplittableRandom random;
  private final List<Process> processes = new ArrayList<>();
  private final ContentModel model;
  private final @Nullable Process shared;
  private String lastCall = "start";

  /**
   * @param model told what each call does to contents; one that checks nothing where several
   *     threads step
   */
  RandomProgram(Machine machine, long seed, ContentModel model) {
    this(machine, seed, model, machine.spawn("p0"), false);
  }

  private RandomProgram(
      Machine machine, long seed, ContentModel model, Process first, boolean shared) {
    this.machine = machine;
    this.random = new SplittableRandom(seed);
    this.model = model;
    this.shared = shared ? first : null;
    processes.add(first);
    furnish(first);
    machine.set("transparent_hugepage/enabled", random.nextInt(4) == 0 ? "madvise" : "always");
  }

  /** A program that is one thread of {@code process}, which it never ends. */
  static RandomProgram threadOf(Machine machine, Process process, long seed) {
    return new RandomProgram(machine, seed, ContentModel.none(machine), process, true);
  }

  /** Most calls should meet memory: every window is mapped to begin with. */
  private static void furnish(Process process) {
    for (int window = 0; window < WINDOWS; window++) {
      process.mmap(
          windowAddress(window),
          WINDOW_BYTES,
          Prot.READ | Prot.WRITE,
          MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED);
    }
  }

  static long windowAddress(int window) {
    return BASE + window * (1L << 30);
  }

  String lastCall() {
    return lastCall;
  }

  /** Makes one call; its refusal is an ordinary outcome. */
  void step() {
    Process process = processes.get(random.nextInt(processes.size()));
    int kind = random.nextInt(100);
    try {
      make(process, kind);
    } catch (MemoryException refused) {
      lastCall += " -> " + refused.getMessage();
    }
    model.settle();
  }

  private void make(Process process, int kind) {
    if (kind < 34) {
      touch(process);
    } else if (kind < 45) {
      map(process);
    } else if (kind < 49) {
      unmap(process);
    } else if (kind < 55) {
      protect(process);
    } else if (kind < 74) {
      advise(process);
    } else if (kind < 81) {
      remap(process);
    } else if (kind < 87) {
      family(process);
    } else if (kind < 91) {
      lock(process);
    } else {
      machineWide(process);
    }
  }

  private void touch(Process process) {
    long address = address();
    int pages = random.nextInt(4) == 0 ? 1 + random.nextInt(700) : 1 + random.nextInt(8);
    boolean write = random.nextInt(3) != 0;
    call("%s %s %x %d pages".formatted(process, write ? "write" : "read", address, pages));
    for (int i = 0; i < pages; i++) {
      long at = address + i * PAGE;
      if (write) {
        long word = random.nextLong() | 1;
        process.write(at, word);
        model.wrote(process, at, word);
      } else {
        model.read(process, at, process.read(at));
      }
    }
  }

  private void map(Process process) {
    long address = address();
    long length = length();
    int flags = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;
    int more = random.nextInt(12);
    flags |= more == 0 ? MapFlags.POPULATE : 0;
    flags |= more == 1 ? MapFlags.NORESERVE : 0;
    flags |= more == 2 ? MapFlags.LOCKED : 0;
    if (more == 3) {
      flags = MapFlags.SHARED | MapFlags.ANONYMOUS | MapFlags.FIXED;
    }
    int protection = PROTECTIONS[2 + random.nextInt(4)];
    call("%s mmap %x %x prot %d flags %x".formatted(process, address, length, protection, flags));
    model.changes(process, address, length);
    process.mmap(address, length, protection, flags);
    model.dropped(process, address, length);
  }

  private void unmap(Process process) {
    long address = address();
    long length = length();
    call("%s munmap %x %x".formatted(process, address, length));
    model.changes(process, address, length);
    process.munmap(address, length);
    model.dropped(process, address, length);
  }

  private void protect(Process process) {
    long address = address();
    long length = length();
    int protection = PROTECTIONS[random.nextInt(PROTECTIONS.length)];
    call("%s mprotect %x %x prot %d".formatted(process, address, length, protection));
    process.mprotect(address, length, protection);
  }

  private void advise(Process process) {
    long address = address();
    long length = length();
    int advice = ADVICES[random.nextInt(ADVICES.length)];
    call("%s madvise %x %x advice %d".formatted(process, address, length, advice));
    if (advice == Madvise.DONTNEED || advice == Madvise.GUARD_INSTALL || advice == Madvise.FREE) {
      // What is freed lazily may go at any time, with MADV_PAGEOUT by whoever inherited it, too.
      model.changes(process, address, length);
    }
    process.madvise(address, length, advice);
  }

  private void remap(Process process) {
    long from = address();
    long length = length();
    long newLength = random.nextBoolean() ? length : length();
    int flags = random.nextInt(4) | (random.nextInt(4) == 0 ? 4 : 0);
    long to = address();
    call(
        "%s mremap %x %x %x flags %d to %x".formatted(process, from, length, newLength, flags, to));
    model.changes(process, from, Math.max(length, newLength));
    model.changes(process, to, Math.max(length, newLength));
    long moved = process.mremap(from, length, newLength, flags, to);
    model.changes(process, moved, newLength);
  }

  private void family(Process process) {
    int kind = random.nextInt(9);
    if (kind < 6 && processes.size() < PROCESSES_MAX) {
      call("%s fork".formatted(process));
      Process child = process.fork("p" + random.nextInt(1000));
      processes.add(child);
      model.forked(process, child);
    } else if (kind < 8 && processes.size() > 1 && process != shared) {
      call("%s exit".formatted(process));
      processes.remove(process);
      process.exit();
      model.gone(process);
    } else if (kind == 8 && process != shared) {
      call("%s exec".formatted(process));
      process.exec("execd");
      model.gone(process);
      furnish(process);
    }
  }

  private void lock(Process process) {
    long address = address();
    long length = length();
    int kind = random.nextInt(5);
    call("%s lock kind %d %x %x".formatted(process, kind, address, length));
    switch (kind) {
      case 0 -> process.mlock(address, length);
      case 1 -> process.mlock2(address, length, 1);
      case 2 -> process.munlock(address, length);
      case 3 -> process.munlockall();
      default -> process.mlockall(1 + random.nextInt(2));
    }
  }

  private void machineWide(Process process) {
    switch (random.nextInt(5)) {
      case 0 -> {
        String[] setting = SETTINGS[random.nextInt(SETTINGS.length)];
        call("set %s %s".formatted(setting[0], setting[1]));
        machine.set(setting[0], setting[1]);
      }
      case 1 -> {
        call("khugepaged %d".formatted(1));
        // There is one khugepaged; its callers take turns.
        synchronized (machine) {
          boolean _ = machine.khugepaged().fullScans(1);
        }
      }
      case 2 -> {
        int order = new int[] {0, 0, 2, 3, 5, 8}[random.nextInt(6)];
        long from = address();
        call("%s split %x to order %d".formatted(process, from, order));
        machine.splitHugePages(process, from, from + HUGE * 2, order);
      }
      case 3 -> {
        call("deferred split of %d".formatted(machine.deferredSplitFolios()));
        machine.deferredSplitShrinker().scan(16);
      }
      default -> {
        long grow = random.nextInt(300) * PAGE;
        call("%s brk +%x".formatted(process, grow));
        process.brk(process.brk(0) + grow - (random.nextInt(3) == 0 ? grow * 2 : 0));
      }
    }
  }

  private void call(String text) {
    lastCall = text;
  }

  private long address() {
    long window = windowAddress(random.nextInt(WINDOWS));
    long within =
        switch (random.nextInt(4)) {
          case 0 -> random.nextLong(WINDOW_BYTES / HUGE) * HUGE;
          case 1 -> random.nextLong(WINDOW_BYTES / (64 << 10)) * (64 << 10);
          default -> random.nextLong(WINDOW_BYTES / PAGE) * PAGE;
        };
    return window + within;
  }

  private long length() {
    return switch (random.nextInt(5)) {
      case 0 -> HUGE * (1 + random.nextInt(3));
      case 1, 4 -> PAGE * (1 + random.nextInt(4));
      case 2 -> PAGE * (1 + random.nextInt(600));
      default -> HUGE;
    };
  }
}
