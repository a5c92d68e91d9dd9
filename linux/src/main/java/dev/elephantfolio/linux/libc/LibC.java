package dev.elephantfolio.linux.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/**
 * Calls of the C library on this very process: what {@code prctl(2)}, {@code personality(2)},
 * {@code kill(2)}, {@code waitpid(2)} and {@code mkfifo(3)} do. Needs native access.
 *
 * <p>Thread-safe; but a personality belongs to the calling thread, so a caller that changes and
 * restores it stays on one platform thread.
 */
@SuppressWarnings("restricted")
public final class LibC {
  /** {@code personality(2)}: new programs get their addresses without randomisation. */
  public static final long ADDR_NO_RANDOMIZE = 0x0040000;

  /** {@code SIGINT}, {@code SIGTERM} and {@code SIGHUP} as numbers; the same on every Linux. */
  public static final int SIGHUP = 1;

  public static final int SIGINT = 2;
  public static final int SIGKILL = 9;
  public static final int SIGTERM = 15;

  private static final int PR_SET_CHILD_SUBREAPER = 36;
  private static final int PR_GET_CHILD_SUBREAPER = 37;
  private static final int PR_SET_THP_DISABLE = 41;
  private static final int PR_GET_THP_DISABLE = 42;
  private static final long PERSONALITY_QUERY = 0xffffffffL;
  private static final int WNOHANG = 1;

  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle PRCTL =
      find(
          "prctl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
          Linker.Option.firstVariadicArg(1));
  private static final MethodHandle PERSONALITY =
      find("personality", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
  private static final MethodHandle KILL =
      find("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle WAITPID =
      find("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle MKFIFO =
      find("mkfifo", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  private LibC() {}

  /** Whether huge pages are off for this process, and so for the programs it starts. */
  public static boolean hugePagesDisabled() throws IOException {
    return prctl(PR_GET_THP_DISABLE, 0) != 0;
  }

  /** Turns huge pages off (or back on) for this process and the programs it starts from now on. */
  public static void disableHugePages(boolean disabled) throws IOException {
    prctl(PR_SET_THP_DISABLE, disabled ? 1 : 0);
  }

  /** Whether orphans among our descendants become our children. */
  public static boolean childSubreaper() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(JAVA_INT);
      prctl(PR_GET_CHILD_SUBREAPER, answer.address());
      return answer.get(JAVA_INT, 0) != 0;
    }
  }

  /** Makes orphans among our descendants our children, or init's again. */
  public static void setChildSubreaper(boolean reaps) throws IOException {
    prctl(PR_SET_CHILD_SUBREAPER, reaps ? 1 : 0);
  }

  /** The calling thread's personality. */
  public static long personality() throws IOException {
    return call("personality", PERSONALITY, PERSONALITY_QUERY) & 0xffffffffL;
  }

  /** Gives the calling thread, and the programs it starts, another personality. */
  public static void setPersonality(long personality) throws IOException {
    call("personality", PERSONALITY, personality);
  }

  /** Sends a signal; false when there is no such process any more or it is not ours. */
  public static boolean kill(long pid, int signal) {
    try {
      call("kill", KILL, Math.toIntExact(pid), signal);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /** Reaps a dead child that nobody else waits for; false when there was nothing to reap. */
  public static boolean reap(long pid) {
    try {
      return call("waitpid", WAITPID, Math.toIntExact(pid), MemorySegment.NULL, WNOHANG) > 0;
    } catch (IOException _) {
      return false;
    }
  }

  /** Makes a FIFO that only we may open. */
  public static void makeFifo(Path fifo) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      call("mkfifo", MKFIFO, arena.allocateFrom(fifo.toString()), 0600);
    }
  }

  private static int prctl(int option, long argument) throws IOException {
    return call("prctl", PRCTL, option, argument, 0L, 0L, 0L);
  }

  private static int call(String name, MethodHandle function, Object... arguments)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURED);
      Object[] all = new Object[arguments.length + 1];
      all[0] = state;
      System.arraycopy(arguments, 0, all, 1, arguments.length);
      int result = (int) function.invokeWithArguments(all);
      if (result == -1) {
        throw new IOException(name + ": errno " + (int) ERRNO.get(state, 0L));
      }
      return result;
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle find(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    Linker.Option[] all = new Linker.Option[options.length + 1];
    all[0] = Linker.Option.captureCallState("errno");
    System.arraycopy(options, 0, all, 1, options.length);
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, all);
  }
}
