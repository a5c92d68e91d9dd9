package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RegionKind;

/**
 * Replays memory calls. Whatever the kernel chose when the program was recorded is repeated: a
 * mapping goes where it went then. (Where Linux puts a mapping does not depend on the settings of
 * huge pages: since 6.7 anonymous mappings of whole 2 MiB are aligned whether or not there are
 * any.)
 *
 * <p>Calls that failed are left out, but for those that had an effect all the same, and for
 * MADV_COLLAPSE, which had to fail because the recorder keeps huge pages away.
 */
final class CallReplay {
  private static final int MREMAP_MAYMOVE = 1;
  private static final int MREMAP_FIXED = 2;
  private static final int MREMAP_DONTUNMAP = 4;
  private static final int MLOCK_ONFAULT = 1;
  private static final int MCL_CURRENT = 1;
  private static final int MCL_ONFAULT = 4;
  private static final int PR_SET_THP_DISABLE = 41;
  private static final int PR_SET_MEMORY_MERGE = 67;

  private final Machine machine;
  private final MemoryMeter meter;
  private final ReplayTally tally;

  CallReplay(Machine machine, MemoryMeter meter, ReplayTally tally) {
    this.machine = machine;
    this.meter = meter;
    this.tally = tally;
  }

  /** Replays the call that the reader stands at. */
  void replay(ReplayedProcess process, RecordingReader event) {
    EventKind kind = event.kind();
    if (kind == EventKind.BRK) {
      brk(process, event);
      return;
    }
    boolean failed = event.failed();
    if (failed && !hadAnEffect(event)) {
      tally.failedCall();
      return;
    }
    if (kind != EventKind.PRCTL) {
      tally.call();
    }
    try {
      call(process, event);
    } catch (MemoryException refused) {
      if (!failed) {
        tally.refusedCall(event, refused);
      }
    }
    meter.changed(process);
  }

  /**
   * madvise, mprotect and mlock work their way to the first gap and then fail; madvise even goes on
   * behind it.
   */
  private static boolean hadAnEffect(RecordingReader event) {
    boolean gap = event.result() == -Errno.ENOMEM.number();
    return switch (event.kind()) {
      case MADVISE -> gap || event.argument(2) == Madvise.COLLAPSE;
      case MPROTECT, MLOCK, MLOCK2 -> gap;
      default -> false;
    };
  }

  private void call(ReplayedProcess process, RecordingReader event) {
    long address = event.address();
    Process target = process.process();
    switch (event.kind()) {
      case MMAP -> mmap(process, event);
      case MUNMAP -> munmap(process, address, event.length());
      case MREMAP -> mremap(process, event);
      case MPROTECT -> {
        meter.beforeShrinking();
        target.mprotect(address, event.length(), (int) event.argument(2));
      }
      case MADVISE -> madvise(process, address, event.length(), (int) event.argument(2));
      case MLOCK -> {
        target.mlock(address, event.length());
        process.populated(address, address + event.length());
      }
      case MLOCK2 -> mlock2(process, address, event.length(), (int) event.argument(2));
      case MUNLOCK -> target.munlock(address, event.length());
      case MLOCKALL -> mlockall(process, (int) address);
      case MUNLOCKALL -> target.munlockall();
      case PRCTL -> prctl(target, event);
      default -> throw new IllegalArgumentException(event.kind() + " is not a memory call");
    }
  }

  private void mmap(ReplayedProcess process, RecordingReader event) {
    long address = event.result();
    long lengthBytes = event.length();
    int flags = (int) event.argument(3);
    if ((flags & MapFlags.FIXED) != 0) {
      meter.beforeShrinking();
    }
    process.forget(address, lengthBytes);
    try {
      map(process, address, lengthBytes, (int) event.argument(2), flags, fileOf(event, flags));
    } catch (MemoryException refused) {
      // Better nothing there than what the program had replaced.
      process.process().munmap(address, lengthBytes);
      throw refused;
    }
    boolean populate = (flags & MapFlags.POPULATE) != 0 && (flags & MapFlags.NONBLOCK) == 0;
    countPopulated(process, address, lengthBytes, populate);
  }

  /** A piece of a file; one without a name is anonymous memory. */
  private record Piece(String name, long offsetBytes) {
    static final Piece ANONYMOUS = new Piece("", 0);

    boolean isAnonymous() {
      return name.isEmpty();
    }
  }

  private static Piece fileOf(RecordingReader event, int flags) {
    if ((flags & MapFlags.ANONYMOUS) != 0) {
      return Piece.ANONYMOUS;
    }
    String name = event.string(event.argument(6));
    boolean shared = (flags & MapFlags.SHARED) != 0;
    if (!shared && name.equals("/dev/zero")) {
      return Piece.ANONYMOUS;
    }
    String known = name.isEmpty() ? "pid " + event.pid() + " fd " + (int) event.argument(4) : name;
    return new Piece(known, event.argument(5));
  }

  private void map(
      ReplayedProcess process, long address, long lengthBytes, int prot, int flags, Piece piece) {
    int fixed = exactly(flags);
    Process target = process.process();
    if (piece.isAnonymous()) {
      target.mmap(address, lengthBytes, prot, fixed | MapFlags.ANONYMOUS);
    } else {
      MappedFile file = machine.file(piece.name(), true);
      target.mmap(address, lengthBytes, prot, fixed, file, piece.offsetBytes());
    }
  }

  /** The same mapping at exactly the address given, whatever is there. */
  private static int exactly(int flags) {
    int kind = flags & MapFlags.TYPE;
    int plainKind = kind == MapFlags.SHARED_VALIDATE ? MapFlags.SHARED : kind;
    int placement = MapFlags.FIXED_NOREPLACE | MapFlags.SYNC | MapFlags.TYPE;
    return (flags & ~placement) | plainKind | MapFlags.FIXED;
  }

  /** Memory that is filled when it is mapped has been asked for, every page of it. */
  private static void countPopulated(
      ReplayedProcess process, long address, long lengthBytes, boolean asked) {
    Vma vma = process.process().memory().vmas().at(address);
    boolean locked = vma != null && vma.has(VmFlags.LOCKED) && !vma.has(VmFlags.LOCKONFAULT);
    if (asked || locked) {
      process.populated(address, address + lengthBytes);
    }
  }

  private void munmap(ReplayedProcess process, long address, long lengthBytes) {
    meter.beforeShrinking();
    process.process().munmap(address, lengthBytes);
    process.forget(address, lengthBytes);
  }

  private void mremap(ReplayedProcess process, RecordingReader event) {
    long from = event.address();
    long oldBytes = event.length();
    long newBytes = event.argument(2);
    long to = event.result();
    int flags = (int) event.argument(3) & MREMAP_DONTUNMAP;
    meter.beforeShrinking();
    if (to == from) {
      process.process().mremap(from, oldBytes, newBytes, 0, 0);
      process.forget(from + newBytes, Math.max(0, oldBytes - newBytes));
    } else {
      int moving = flags | MREMAP_MAYMOVE | MREMAP_FIXED;
      process.process().mremap(from, oldBytes, newBytes, moving, to);
      process.forget(to, newBytes);
      process.touched().move(from >>> 12, to >>> 12, Math.min(oldBytes, newBytes) >>> 12);
      process.forget(from, oldBytes);
    }
    countPopulated(process, to, newBytes, false);
  }

  private void madvise(ReplayedProcess process, long address, long lengthBytes, int advice) {
    boolean drops =
        switch (advice) {
          case Madvise.DONTNEED, Madvise.DONTNEED_LOCKED, Madvise.REMOVE, Madvise.GUARD_INSTALL ->
              true;
          default -> false;
        };
    if (drops || advice == Madvise.FREE || advice == Madvise.PAGEOUT || advice == Madvise.COLD) {
      meter.beforeShrinking();
    }
    if (advice == Madvise.DONTFORK || advice == Madvise.WIPEONFORK) {
      process.heirsDiffer();
    }
    try {
      process.process().madvise(address, lengthBytes, advice);
    } catch (MemoryException refused) {
      if (refused.errno() != Errno.ENOMEM) {
        throw refused;
      }
      forgetOrCount(process, address, lengthBytes, advice, drops);
      throw refused;
    }
    forgetOrCount(process, address, lengthBytes, advice, drops);
  }

  private static void forgetOrCount(
      ReplayedProcess process, long address, long lengthBytes, int advice, boolean drops) {
    if (drops) {
      process.forget(address, lengthBytes);
    } else if (advice == Madvise.POPULATE_WRITE) {
      process.populated(address, address + lengthBytes);
    }
  }

  private static void mlock2(ReplayedProcess process, long address, long lengthBytes, int flags) {
    process.process().mlock2(address, lengthBytes, flags);
    if ((flags & MLOCK_ONFAULT) == 0) {
      process.populated(address, address + lengthBytes);
    }
  }

  private static void mlockall(ReplayedProcess process, int flags) {
    process.process().mlockall(flags);
    if ((flags & (MCL_CURRENT | MCL_ONFAULT)) == MCL_CURRENT) {
      process.populated(0, Long.MAX_VALUE);
    }
  }

  /** Of all options only these change what pages a process gets. */
  private void prctl(Process target, RecordingReader event) {
    int option = (int) event.argument(0);
    if (option == PR_SET_THP_DISABLE || option == PR_SET_MEMORY_MERGE) {
      tally.call();
      target.prctl(
          option, event.argument(1), event.argument(2), event.argument(3), event.argument(4));
    } else {
      tally.otherCall();
    }
  }

  /** brk fails by returning the old end. */
  private void brk(ReplayedProcess process, RecordingReader event) {
    long wanted = event.address();
    long end = event.result();
    if (!process.heapStarted()) {
      process.startHeapAt(end);
    }
    if (wanted != end) {
      if (wanted == 0) {
        tally.otherCall();
      } else {
        tally.failedCall();
      }
      return;
    }
    tally.call();
    long before = process.process().brk(0);
    if (end < before) {
      meter.beforeShrinking();
      process.forget(end, before - end);
    }
    if (process.process().brk(end) != end) {
      tally.refusedCall(event, new MemoryException(Errno.ENOMEM));
    } else if (end > before) {
      countPopulated(process, before, end - before, false);
    }
    meter.changed(process);
  }

  /** Puts a part of a memory map in place that no call made. */
  void region(ReplayedProcess process, RecordingReader event) {
    RecordedRegion region = event.region();
    try {
      place(process, region);
    } catch (MemoryException refused) {
      tally.refusedCall(event, refused);
    }
    meter.changed(process);
  }

  private void place(ReplayedProcess process, RecordedRegion region) {
    if (region.kind() == RegionKind.HEAP) {
      placeHeap(process, region);
      return;
    }
    boolean file = region.kind() == RegionKind.FILE || region.kind() == RegionKind.SPECIAL;
    int flags = region.flags() | (region.kind() == RegionKind.STACK ? Mman.MAP_GROWSDOWN : 0);
    flags |= (flags & MapFlags.TYPE) == 0 ? Mman.MAP_PRIVATE : 0;
    String name = region.name().isEmpty() ? "pid " + process.pid() + " unknown" : region.name();
    Piece piece = file ? new Piece(name, region.fileOffsetBytes()) : Piece.ANONYMOUS;
    int mapFlags = file ? flags & ~Mman.MAP_ANONYMOUS : flags;
    process.forget(region.start(), region.lengthBytes());
    map(process, region.start(), region.lengthBytes(), region.prot(), mapFlags, piece);
  }

  private static void placeHeap(ReplayedProcess process, RecordedRegion region) {
    process.startHeapAt(region.start());
    if (region.lengthBytes() > 0) {
      long end = region.end();
      if (process.process().brk(end) != end) {
        throw new MemoryException(Errno.ENOMEM);
      }
    }
  }
}
