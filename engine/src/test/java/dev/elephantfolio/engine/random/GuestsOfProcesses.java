package dev.elephantfolio.engine.random;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.secondary.MemorySlot;
import dev.elephantfolio.engine.secondary.PageMirror;
import dev.elephantfolio.engine.secondary.SecondaryMmu;
import dev.elephantfolio.engine.secondary.SharedTableDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Those who share the memory of a random program's processes without being told by it: guests,
 * mirrors and devices come and go, and whatever one of them reads or writes, the process must find
 * the same, or be refused the same.
 */
final class GuestsOfProcesses {
  private static final long PAGE = 4096;
  private static final long GUEST_SHIFT = 1L << 31;
  private static final int SHARERS_MAX = 5;

  /** One way into a process's memory, by the process's addresses. */
  private interface Way extends AutoCloseable {
    long read(long address);

    void write(long address, long word);

    @Override
    void close();
  }

  /**
   * @param windows how many of the first windows it reaches
   */
  private record Sharer(Process process, AddressSpace mm, Way way, int windows) {
    boolean isCurrent() {
      return process.isAlive() && process.memory() == mm;
    }
  }

  private final Machine machine;
  private final ContentModel model;
  private final SplittableRandom random;
  private final List<Sharer> sharers = new ArrayList<>();
  private String lastAccess = "none";

  GuestsOfProcesses(Machine machine, long seed, ContentModel model) {
    this.machine = machine;
    this.model = model;
    this.random = new SplittableRandom(seed ^ 0x6E75_7473L);
  }

  String lastAccess() {
    return lastAccess;
  }

  /** One may come, one may go, and some of them access memory. */
  void step() {
    for (int i = sharers.size() - 1; i >= 0; i--) {
      if (!sharers.get(i).isCurrent() || random.nextInt(60) == 0) {
        sharers.remove(i).way().close();
      }
    }
    if (sharers.size() < SHARERS_MAX && random.nextInt(6) == 0) {
      List<Process> processes = machine.processes();
      sharers.add(attach(processes.get(random.nextInt(processes.size()))));
    }
    for (int i = random.nextInt(6); i > 0 && !sharers.isEmpty(); i--) {
      access(sharers.get(random.nextInt(sharers.size())));
    }
  }

  private Sharer attach(Process process) {
    boolean mirrors = random.nextInt(4) == 0;
    Way way = mirrors ? mirror(process) : wholeWay(process);
    int windows = mirrors ? 1 : RandomProgram.WINDOWS;
    return new Sharer(process, process.memory(), way, windows);
  }

  private Way wholeWay(Process process) {
    return switch (random.nextInt(3)) {
      case 0 -> guest(SecondaryMmu.attach(process), 0);
      case 1 -> guest(SecondaryMmu.attach(process, shifted(GUEST_SHIFT)), GUEST_SHIFT);
      default -> device(SharedTableDevice.attach(process));
    };
  }

  /** All windows, elsewhere in the guest. */
  private static List<MemorySlot> shifted(long shift) {
    List<MemorySlot> slots = new ArrayList<>();
    for (int window = 0; window < RandomProgram.WINDOWS; window++) {
      long address = RandomProgram.windowAddress(window);
      slots.add(new MemorySlot(address + shift, address, RandomProgram.WINDOW_BYTES));
    }
    return slots;
  }

  private static Way guest(SecondaryMmu guest, long shift) {
    return new Way() {
      @Override
      public long read(long address) {
        return guest.read(address + shift);
      }

      @Override
      public void write(long address, long word) {
        guest.write(address + shift, word);
      }

      @Override
      public void close() {
        guest.close();
      }
    };
  }

  private static Way device(SharedTableDevice device) {
    return new Way() {
      @Override
      public long read(long address) {
        return device.read(address);
      }

      @Override
      public void write(long address, long word) {
        device.write(address, word);
      }

      @Override
      public void close() {
        device.close();
      }
    };
  }

  private static Way mirror(Process process) {
    long window = RandomProgram.windowAddress(0);
    PageMirror mirror = PageMirror.attach(process, window, RandomProgram.WINDOW_BYTES);
    return new Way() {
      @Override
      public long read(long address) {
        return mirror.read(address);
      }

      @Override
      public void write(long address, long word) {
        mirror.write(address, word);
      }

      @Override
      public void close() {
        mirror.close();
      }
    };
  }

  private void access(Sharer sharer) {
    int window = random.nextInt(sharer.windows());
    long page = random.nextLong(RandomProgram.WINDOW_BYTES / PAGE);
    long address = RandomProgram.windowAddress(window) + page * PAGE;
    if (random.nextBoolean()) {
      read(sharer, address);
    } else {
      write(sharer, address);
    }
  }

  private void read(Sharer sharer, long address) {
    lastAccess = "read of %s at %x".formatted(sharer.process(), address);
    long[] word = new long[1];
    Errno refused = refusal(() -> word[0] = sharer.way().read(address));
    if (refused == null) {
      compare(sharer.process(), address, word[0]);
    } else if (refused == Errno.EFAULT) {
      requireRefused(() -> sharer.process().read(address));
    }
  }

  private void write(Sharer sharer, long address) {
    long word = random.nextLong() | 1;
    lastAccess = "write to %s at %x".formatted(sharer.process(), address);
    Errno refused = refusal(() -> sharer.way().write(address, word));
    if (refused == null) {
      model.wrote(sharer.process(), address, word);
      compare(sharer.process(), address, word);
    } else if (refused == Errno.EFAULT) {
      requireRefused(() -> sharer.process().write(address, word));
    }
  }

  private static @Nullable Errno refusal(Runnable access) {
    try {
      access.run();
      return null;
    } catch (MemoryException refused) {
      return refused.errno();
    }
  }

  private static void compare(Process process, long address, long word) {
    long found = process.read(address);
    if (found != word) {
      throw new AssertionError(
          "%s has %x at %x, the other saw %x".formatted(process, found, address, word));
    }
  }

  private static void requireRefused(Runnable access) {
    if (refusal(access) == null) {
      throw new AssertionError("refused to the other, but not to the process");
    }
  }
}
