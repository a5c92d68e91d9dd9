package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.MremapCall;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a process does in one line: a system call, or a run of loads or stores. Lengths are bytes,
 * as unsigned numbers, and may be such as the kernel refuses.
 */
public sealed interface Call {
  /**
   * Anonymous memory.
   *
   * @param place what the mapping is called, and unless {@code placement} says otherwise where it
   *     is
   */
  record Mmap(
      Place place,
      long lengthBytes,
      Protection protection,
      boolean shared,
      Placement placement,
      Set<MapOption> options)
      implements Call {
    public Mmap {
      options = unmodifiable(MapOption.class, options);
    }

    /** MAP_ bits. */
    public int flags() {
      int flags = MapFlags.ANONYMOUS | (shared ? MapFlags.SHARED : MapFlags.PRIVATE);
      for (MapOption option : options) {
        flags |= option.bit();
      }
      boolean fixed =
          !(placement instanceof Placement.Anywhere) && !options.contains(MapOption.NOREPLACE);
      return fixed ? flags | MapFlags.FIXED : flags;
    }
  }

  record Munmap(Place place, long lengthBytes) implements Call {}

  record Mprotect(Place place, long lengthBytes, Protection protection) implements Call {}

  record Madvise(Place place, long lengthBytes, Advice advice) implements Call {}

  /**
   * @param to where to, with MREMAP_FIXED and MREMAP_MAYMOVE
   */
  record Mremap(
      Place place,
      long oldLengthBytes,
      long newLengthBytes,
      boolean mayMove,
      Optional<Place> to,
      boolean dontUnmap)
      implements Call {
    /** MREMAP_ bits. */
    public int flags() {
      int move = mayMove || to.isPresent() ? MremapCall.MAYMOVE : 0;
      int fixed = to.isPresent() ? MremapCall.FIXED : 0;
      return move | fixed | (dontUnmap ? MremapCall.DONTUNMAP : 0);
    }
  }

  record Mlock(Place place, long lengthBytes) implements Call {}

  record Munlock(Place place, long lengthBytes) implements Call {}

  record Mlockall(Set<LockAll> what) implements Call {
    public Mlockall {
      what = unmodifiable(LockAll.class, what);
    }

    /** MCL_ bits. */
    public int flags() {
      int flags = 0;
      for (LockAll bit : what) {
        flags |= bit.bit();
      }
      return flags;
    }
  }

  record Munlockall() implements Call {}

  /**
   * Moves the end of the heap.
   *
   * @param deltaBytes up or, when negative, down
   */
  record Brk(long deltaBytes) implements Call {}

  record Prctl(ThpDisable thpDisable) implements Call {}

  /** Stores the 64-bit {@code value} at the start of every page that the range touches. */
  record Write(Place place, long lengthBytes, long value) implements Call {}

  /**
   * Loads the 64-bit word at the start of every page that the range touches.
   *
   * @param expected what each must be
   */
  record Read(Place place, long lengthBytes, OptionalLong expected) implements Call {}

  /**
   * Loads the same words as {@link Read}, but as another process does: by process_vm_readv, which
   * pins each page for reading while it copies. What cannot be read ends it in EFAULT.
   *
   * @param expected what each must be
   */
  record ProcessVmReadv(Place place, long lengthBytes, OptionalLong expected) implements Call {}

  /** Splits every folio in the range to {@code order}, as debugfs's split_huge_pages does. */
  record Split(Place place, long lengthBytes, int order) implements Call {}

  /**
   * Pins the pages that the range touches: all of them or none.
   *
   * @param name what later calls call the pin
   */
  record Pin(Place place, long lengthBytes, String name, Set<PinOption> options) implements Call {
    public Pin {
      options = unmodifiable(PinOption.class, options);
    }
  }

  /**
   * Refers to the pages that the range touches, all of them or none, by putting them into a pipe.
   *
   * @param name what later calls call the pipe
   */
  record Vmsplice(Place place, long lengthBytes, String name) implements Call {}

  /** Lets go of what was pinned or put into a pipe. */
  record Unpin(String name) implements Call {}

  /**
   * Loads the 64-bit word at the start of every page that is held, past the page tables.
   *
   * @param expected what each must be
   */
  record Check(String name, OptionalLong expected) implements Call {}

  /** Stores the 64-bit {@code value} at the start of every page that is held, as a device does. */
  record Fill(String name, long value) implements Call {}

  record Fork(String child) implements Call {}

  record Vfork(String child) implements Call {}

  record Exec() implements Call {}

  record Exit() implements Call {}

  /** The places that the call names, in the order in which they are written. */
  default List<Place> places() {
    return switch (this) {
      case Mmap(Place place, _, _, _, Placement.At(Place at), _) -> List.of(place, at);
      case Mmap(Place place, _, _, _, _, _) -> List.of(place);
      case Munmap(Place place, _) -> List.of(place);
      case Mprotect(Place place, _, _) -> List.of(place);
      case Madvise(Place place, _, _) -> List.of(place);
      case Mremap(Place place, _, _, _, Optional<Place> to, _) ->
          to.map(target -> List.of(place, target)).orElse(List.of(place));
      case Mlock(Place place, _) -> List.of(place);
      case Munlock(Place place, _) -> List.of(place);
      case Write(Place place, _, _) -> List.of(place);
      case Read(Place place, _, _) -> List.of(place);
      case ProcessVmReadv(Place place, _, _) -> List.of(place);
      case Split(Place place, _, _) -> List.of(place);
      case Pin(Place place, _, _, _) -> List.of(place);
      case Vmsplice(Place place, _, _) -> List.of(place);
      case Unpin _, Check _, Fill _ -> List.of();
      case Mlockall _, Munlockall _, Brk _, Prctl _, Fork _, Vfork _, Exec _, Exit _ -> List.of();
    };
  }

  private static <E extends Enum<E>> Set<E> unmodifiable(Class<E> type, Set<E> words) {
    EnumSet<E> copy = EnumSet.noneOf(type);
    copy.addAll(words);
    return Collections.unmodifiableSet(copy);
  }
}
