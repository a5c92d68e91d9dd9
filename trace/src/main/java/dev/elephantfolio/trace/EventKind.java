package dev.elephantfolio.trace;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What one event of a recording says. The codes are part of the file format: they are never reused
 * and never change their meaning.
 *
 * <p>An event has the arguments named here, in that order, and for calls a result: what the system
 * call returned, so a failed call holds the negated errno. Addresses and lengths are in bytes.
 */
public enum EventKind {
  /**
   * The process got a new memory image; the REGION events that follow it with the same time are its
   * memory map. A process that existed before the recording began starts with one too.
   */
  EXEC(1, false, Set.of(0, 1), "file", "comm"),
  /** A new process; the event's own pid and tid are the parent's. Flags are those of clone(2). */
  FORK(2, false, Set.of(), "childTid", "childPid", "cloneFlags"),
  /** The event's own tid is a new thread of its pid. */
  THREAD_START(3, false, Set.of(), "creatorTid"),
  /** The thread is gone; with {@code processEnded} 1 it was the last one of its process. */
  EXIT(4, false, Set.of(), "processEnded"),
  /** The thread's name. */
  COMM(5, false, Set.of(0), "comm"),
  /** A part of the memory map that no call made: what exec mapped, or what was there before. */
  REGION(
      6,
      false,
      Set.of(6),
      "start",
      "length",
      "prot",
      "flags",
      "kind",
      "fileOffset",
      "name",
      "inferred"),

  MMAP(16, true, Set.of(6), "addr", "length", "prot", "flags", "fd", "offset", "name"),
  MUNMAP(17, true, Set.of(), "addr", "length"),
  MREMAP(18, true, Set.of(), "oldAddress", "oldSize", "newSize", "flags", "newAddress"),
  MPROTECT(19, true, Set.of(), "addr", "length", "prot"),
  MADVISE(20, true, Set.of(), "addr", "length", "advice"),
  BRK(21, true, Set.of(), "addr"),
  MLOCK(22, true, Set.of(), "addr", "length"),
  MLOCK2(23, true, Set.of(), "addr", "length", "flags"),
  MUNLOCK(24, true, Set.of(), "addr", "length"),
  MLOCKALL(25, true, Set.of(), "flags"),
  MUNLOCKALL(26, true, Set.of()),
  PRCTL(27, true, Set.of(), "option", "arg2", "arg3", "arg4", "arg5"),
  /** Any other call worth keeping, by its name. */
  GENERIC(28, true, Set.of(0), "name", "arg1", "arg2", "arg3", "arg4", "arg5", "arg6"),

  /** A page fault seen by the recorder; access is of {@link AccessBits}. */
  TOUCH(48, false, Set.of(), "addr", "access"),
  /** One reference of a memory access stream: {@code sizeAndAccess} is size × 16 + access bits. */
  ACCESS(49, false, Set.of(), "addr", "sizeAndAccess"),

  /** So many events the recorder had to drop hereabouts. */
  LOST(64, false, Set.of(), "count"),
  /** A remark of whoever made the recording. */
  NOTE(65, false, Set.of(0, 1), "key", "value"),
  /** A kernel setting in force from here on, by the kernel's own name. */
  SETTING(66, false, Set.of(0, 1), "key", "value");

  /** One more than the largest code: codes fit tables of this size. */
  public static final int CODE_LIMIT = 67;

  private static final List<EventKind> VALUES = List.of(values());

  private final int code;
  private final boolean hasResult;

  @SuppressWarnings("ImmutableEnumChecker") // Made by List.of.
  private final List<String> argumentNames;

  private final long stringArguments;

  EventKind(int code, boolean hasResult, Set<Integer> strings, String... argumentNames) {
    this.code = code;
    this.hasResult = hasResult;
    this.argumentNames = List.of(argumentNames);
    this.stringArguments = strings.stream().mapToLong(i -> 1L << i).sum();
  }

  /** The kind's number in the file. */
  public int code() {
    return code;
  }

  /** Whether this is a system call, which has a result. */
  public boolean hasResult() {
    return hasResult;
  }

  /** How many arguments an event of this kind has. */
  public int argumentCount() {
    return argumentNames.size();
  }

  /** The arguments' names, in their order. */
  public List<String> argumentNames() {
    return argumentNames;
  }

  /** Whether that argument is the id of a string of the recording. */
  public boolean isString(int argument) {
    return ((stringArguments >>> argument) & 1) != 0;
  }

  /** How many values an event of this kind has beyond the two that every event has. */
  int restCount() {
    return Math.max(0, argumentCount() - 2) + (hasResult ? 1 : 0);
  }

  /** The kinds by code, with gaps empty: {@code restCount} for each, -1 for an unknown code. */
  static byte[] restCounts() {
    byte[] counts = new byte[CODE_LIMIT];
    Arrays.fill(counts, (byte) -1);
    VALUES.forEach(kind -> counts[kind.code] = (byte) kind.restCount());
    return counts;
  }

  /** The kinds by code; a gap holds NOTE, which no valid event reaches. */
  static EventKind[] byCode() {
    EventKind[] kinds = new EventKind[CODE_LIMIT];
    Arrays.fill(kinds, NOTE);
    VALUES.forEach(kind -> kinds[kind.code] = kind);
    return kinds;
  }
}
