package dev.elephantfolio.linux.settings;

import dev.elephantfolio.linux.LinuxException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The memory settings of the running kernel, by its own names relative to {@code /sys/kernel/mm} or
 * {@code /proc/sys/vm}. A file that lists its choices with the chosen one in brackets reads as that
 * one. Thread-safe: it keeps nothing.
 *
 * @param mmRoot where keys lie
 * @param vmRoot where keys that begin with {@code vm/} lie
 */
public record KernelSettings(Path mmRoot, Path vmRoot) {
  private static final String VM = "vm/";

  /** More than any of them says: the kernel's own buffer is a page. */
  private static final int LONGEST_TEXT = 4096;

  /** Files that do something when written, and so can be neither set nor put back. */
  private static final Set<String> ACTIONS =
      Set.of("vm/compact_memory", "vm/drop_caches", "vm/stat_refresh");

  /** Those of this machine. */
  public static KernelSettings live() {
    return new KernelSettings(Path.of("/sys/kernel/mm"), Path.of("/proc/sys/vm"));
  }

  /** Whether this kernel has that setting. */
  public boolean exists(String key) {
    return !key.contains("..") && Files.isRegularFile(path(key));
  }

  /** What a setting is now. */
  public String read(String key) {
    String text = text(key);
    return chosen(text).orElse(text);
  }

  /** The values a setting of few choices takes; empty for a number. */
  public List<String> choices(String key) {
    String text = text(key);
    return chosen(text).isEmpty()
        ? List.of()
        : Arrays.asList(text.replace("[", "").replace("]", "").split("\\s+"));
  }

  /**
   * Refuses a key this kernel does not have or that nobody can set, and a value that is none of its
   * choices. Says what was probably meant.
   */
  public void check(Setting setting) {
    String key = setting.key();
    if (!exists(key)) {
      throw new LinuxException("no setting " + key + " on this kernel" + meant(key, catalogue()));
    }
    if (ACTIONS.contains(key)) {
      throw new LinuxException(key + " is an action, not a setting: nothing could put it back");
    }
    Set<PosixFilePermission> allowed = permissions(key);
    if (!allowed.contains(PosixFilePermission.OWNER_READ)) {
      throw new LinuxException(key + " cannot be read: nothing could put it back");
    }
    if (!allowed.contains(PosixFilePermission.OWNER_WRITE)) {
      throw new LinuxException(key + " is what the kernel reports: it cannot be set");
    }
    if (!Files.isWritable(path(key))) {
      throw new LinuxException(setting + ": no right to change it: run as root");
    }
    List<String> choices = choices(key);
    if (!choices.isEmpty() && !choices.contains(setting.value())) {
      throw new LinuxException(
          setting + ": not a value of it" + meant(setting.value(), choices) + among(choices));
    }
  }

  /** Sets, and makes sure that the kernel took it. */
  public void write(Setting setting) {
    check(setting);
    try {
      Files.write(path(setting.key()), setting.value().getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new LinuxException(setting + ": the kernel does not take that value", e);
    }
    String taken = read(setting.key());
    if (isNumber(setting.value())
        && isNumber(taken)
        && Long.parseLong(taken) != Long.parseLong(setting.value())) {
      throw new LinuxException(setting + ": the kernel made it " + taken);
    }
  }

  /** Every setting there is, sorted. */
  public List<String> catalogue() {
    List<String> keys = new ArrayList<>();
    collect(mmRoot, "", keys);
    collect(vmRoot, VM, keys);
    Collections.sort(keys);
    return keys;
  }

  private static void collect(Path root, String prefix, List<String> keys) {
    try (Stream<Path> files = Files.walk(root, 4)) {
      files
          .filter(Files::isRegularFile)
          .forEach(file -> keys.add(prefix + root.relativize(file).toString()));
    } catch (IOException e) {
      throw new LinuxException(root + ": cannot be read", e);
    }
  }

  private Path path(String key) {
    return key.startsWith(VM) ? vmRoot.resolve(key.substring(VM.length())) : mmRoot.resolve(key);
  }

  /**
   * Reads in one go: of some numbers the kernel gives what fits into the first read and then says
   * that there is no more, so that a reader who feels his way gets the first digit alone.
   */
  private String text(String key) {
    byte[] text = new byte[LONGEST_TEXT];
    try (InputStream file = Files.newInputStream(path(key))) {
      int length = Math.max(file.read(text), 0);
      return new String(text, 0, length, StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      throw new LinuxException(path(key) + ": cannot be read", e);
    }
  }

  private Set<PosixFilePermission> permissions(String key) {
    try {
      return Files.getPosixFilePermissions(path(key));
    } catch (IOException e) {
      throw new LinuxException(path(key) + ": cannot be read", e);
    }
  }

  private static Optional<String> chosen(String text) {
    int open = text.indexOf('[');
    int close = text.indexOf(']', open);
    return open < 0 || close < 0 ? Optional.empty() : Optional.of(text.substring(open + 1, close));
  }

  private static String meant(String typed, List<String> known) {
    return NearestName.of(typed, known).map(name -> ": did you mean " + name + "?").orElse("");
  }

  private static String among(List<String> choices) {
    return " (one of: " + String.join(", ", choices) + ")";
  }

  private static boolean isNumber(String text) {
    return text.matches("-?[0-9]{1,18}");
  }
}
