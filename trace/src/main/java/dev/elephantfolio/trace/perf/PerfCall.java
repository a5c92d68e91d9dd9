package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.EventKind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The system calls whose tracepoints the importer understands. */
enum PerfCall {
  NONE("", EventKind.NOTE, 0),
  MMAP("mmap", EventKind.MMAP, 6),
  MUNMAP("munmap", EventKind.MUNMAP, 2),
  MREMAP("mremap", EventKind.MREMAP, 5),
  MPROTECT("mprotect", EventKind.MPROTECT, 3),
  MADVISE("madvise", EventKind.MADVISE, 3),
  BRK("brk", EventKind.BRK, 1),
  MLOCK("mlock", EventKind.MLOCK, 2),
  MLOCK2("mlock2", EventKind.MLOCK2, 3),
  MUNLOCK("munlock", EventKind.MUNLOCK, 2),
  MLOCKALL("mlockall", EventKind.MLOCKALL, 1),
  MUNLOCKALL("munlockall", EventKind.MUNLOCKALL, 0),
  PRCTL("prctl", EventKind.PRCTL, 5),
  PROCESS_MADVISE("process_madvise", EventKind.GENERIC, 5),
  PKEY_MPROTECT("pkey_mprotect", EventKind.GENERIC, 4),
  REMAP_FILE_PAGES("remap_file_pages", EventKind.GENERIC, 5),
  EXECVE("execve", EventKind.NOTE, 0),
  EXECVEAT("execveat", EventKind.NOTE, 0),
  CLONE("clone", EventKind.NOTE, 1),
  CLONE3("clone3", EventKind.NOTE, 0),
  FORK("fork", EventKind.NOTE, 0),
  VFORK("vfork", EventKind.NOTE, 0),
  EXIT_GROUP("exit_group", EventKind.NOTE, 0);

  private static final PerfCall[] VALUES = values();

  private final EventKind kind;
  private final int argumentCount;

  @SuppressWarnings("ImmutableEnumChecker") // Never written after construction.
  private final byte[] name;

  PerfCall(String name, EventKind kind, int argumentCount) {
    this.name = name.getBytes(StandardCharsets.US_ASCII);
    this.kind = kind;
    this.argumentCount = argumentCount;
  }

  /** The event it becomes, if it {@linkplain #isMemoryCall() is a memory call}. */
  EventKind kind() {
    return kind;
  }

  /** How many of its arguments must stand in the text. */
  int argumentCount() {
    return argumentCount;
  }

  String callName() {
    return new String(name, StandardCharsets.US_ASCII);
  }

  boolean isMemoryCall() {
    return kind.hasResult();
  }

  boolean isExec() {
    return this == EXECVE || this == EXECVEAT;
  }

  /** The call whose name stands in those bytes; NONE for any that is not of interest. */
  static PerfCall of(byte[] bytes, int from, int to) {
    for (PerfCall call : VALUES) {
      if (Arrays.equals(bytes, from, to, call.name, 0, call.name.length)) {
        return call;
      }
    }
    return NONE;
  }
}
