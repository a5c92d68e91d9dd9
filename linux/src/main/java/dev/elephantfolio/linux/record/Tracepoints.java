package dev.elephantfolio.linux.record;

import dev.elephantfolio.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The tracepoints a recording is made of: every page fault, every call that changes an address
 * space, and the life of processes.
 */
final class Tracepoints {
  /** Without these a recording says nothing. The fault tracepoints exist on x86-64. */
  private static final List<String> NEEDED =
      List.of("exceptions:page_fault_user", "syscalls:sys_enter_mmap", "sched:sched_process_exit");

  private static final List<String> OTHERS =
      List.of(
          "exceptions:page_fault_kernel",
          "sched:sched_process_fork",
          "sched:sched_process_exec",
          "syscalls:sys_enter_exit_group");

  /**
   * Calls of which both beginning and end are wanted. Which of them exist depends on the kernel.
   */
  private static final List<String> CALLS =
      List.of(
          "mmap",
          "munmap",
          "mremap",
          "mprotect",
          "madvise",
          "brk",
          "mlock",
          "mlock2",
          "munlock",
          "mlockall",
          "munlockall",
          "prctl",
          "execve",
          "execveat",
          "clone",
          "clone3",
          "fork",
          "vfork");

  private static final List<Path> ROOTS =
      List.of(Path.of("/sys/kernel/tracing"), Path.of("/sys/kernel/debug/tracing"));

  private Tracepoints() {}

  /** Those this kernel has, each as {@code SYSTEM:NAME}, after checking that we may have them. */
  static List<String> available() {
    return available(events());
  }

  /** Those that an {@code events} directory of tracefs has. */
  static List<String> available(Path events) {
    for (String needed : NEEDED) {
      if (!exists(events, needed)) {
        throw new LinuxException(
            "this kernel has no tracepoint " + needed + ": see docs/recording.md");
      }
    }
    List<String> available = new ArrayList<>(NEEDED);
    wanted().stream()
        .filter(name -> !available.contains(name) && exists(events, name))
        .forEach(available::add);
    return available;
  }

  private static List<String> wanted() {
    List<String> wanted = new ArrayList<>(OTHERS);
    for (String call : CALLS) {
      wanted.add("syscalls:sys_enter_" + call);
      wanted.add("syscalls:sys_exit_" + call);
    }
    return wanted;
  }

  private static boolean exists(Path events, String tracepoint) {
    return Files.isReadable(events.resolve(tracepoint.replace(':', '/')).resolve("id"));
  }

  private static Path events() {
    for (Path root : ROOTS) {
      if (Files.isDirectory(root.resolve("events"))) {
        return root.resolve("events");
      }
    }
    // A directory that is there but closed to us looks empty; only root can mount or open it.
    if (!"root".equals(System.getProperty("user.name"))) {
      throw noRight();
    }
    mount(ROOTS.getFirst());
    return ROOTS.getFirst().resolve("events");
  }

  /** As perf itself does for root; it stays mounted, for others may use it from then on. */
  private static void mount(Path root) {
    String[] mount = {"mount", "-t", "tracefs", "tracefs", root.toString()};
    try {
      Process process =
          new ProcessBuilder(mount)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0) {
        return;
      }
    } catch (IOException _) {
      // Said below, as for a mount that fails.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    throw new LinuxException(
        "tracefs is not mounted and cannot be: " + String.join(" ", mount) + " (as root)");
  }

  static LinuxException noRight() {
    return new LinuxException("no right to trace: run as root");
  }
}
