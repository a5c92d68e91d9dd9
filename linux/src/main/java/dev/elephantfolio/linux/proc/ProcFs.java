package dev.elephantfolio.linux.proc;

import dev.elephantfolio.linux.LinuxException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The process file system, or a tree that looks like it. Processes come and go while it is read: a
 * reading of one that is gone is empty. Thread-safe: it keeps nothing.
 *
 * @param root where it is mounted
 */
public record ProcFs(Path root) {
  /** The one of this machine. */
  public static ProcFs live() {
    return new ProcFs(Path.of("/proc"));
  }

  /** The processes there are, in no order. */
  public List<Integer> pids() {
    String[] names = new File(root.toString()).list();
    if (names == null) {
      throw new LinuxException(root + ": cannot be read: is it mounted?");
    }
    List<Integer> pids = new ArrayList<>();
    for (String name : names) {
      if (Character.isDigit(name.charAt(0))) {
        pids.add(Integer.valueOf(name));
      }
    }
    return pids;
  }

  /** What a process is and has done; empty when it is gone. */
  public Optional<ProcessStat> stat(int pid) {
    return read(processFile(pid, "stat")).flatMap(ProcessStat::parse);
  }

  /** What this very process is. */
  public Optional<ProcessStat> self() {
    return read(root.resolve("self/stat")).flatMap(ProcessStat::parse);
  }

  /**
   * The sums over a process's memory; empty when it is gone, dying, or has no memory of its own.
   *
   * @throws AccessDeniedException when we may not look into that process
   */
  public Optional<SmapsRollup> smapsRollup(int pid) throws AccessDeniedException {
    try {
      return SmapsRollup.parse(text(processFile(pid, "smaps_rollup")));
    } catch (AccessDeniedException e) {
      throw e;
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /** A field of {@code /proc/PID/status}, such as {@code THP_enabled}; empty when there is none. */
  public Optional<String> statusField(int pid, String field) {
    return read(processFile(pid, "status"))
        .flatMap(text ->
            text.lines()
                .filter(line -> line.startsWith(field + ":"))
                .findFirst()
                .map(line -> line.substring(field.length() + 1).strip()));
  }

  /** The kernel's event counters. */
  public VmStat vmStat() {
    Path file = root.resolve("vmstat");
    return VmStat.parse(read(file).orElseThrow(() -> unreadable(file)));
  }

  /** The kernel's release, as {@code uname -r} prints it. */
  public String kernelRelease() {
    Path file = root.resolve("sys/kernel/osrelease");
    return read(file).orElseThrow(() -> unreadable(file)).strip();
  }

  /** A number that is another one after every boot. */
  public String bootId() {
    Path file = root.resolve("sys/kernel/random/boot_id");
    return read(file).orElseThrow(() -> unreadable(file)).strip();
  }

  /** Memory that programs could still have, in bytes; empty on a kernel that does not say. */
  public Optional<Long> availableBytes() {
    return read(root.resolve("meminfo"))
        .flatMap(text -> text.lines().filter(line -> line.startsWith("MemAvailable:")).findFirst())
        .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024);
  }

  private Path processFile(int pid, String name) {
    return root.resolve(Integer.toString(pid)).resolve(name);
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(text(file));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  private static LinuxException unreadable(Path file) {
    return new LinuxException(file + ": cannot be read: is procfs mounted?");
  }
}
