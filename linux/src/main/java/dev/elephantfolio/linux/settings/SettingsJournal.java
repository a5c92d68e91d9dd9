package dev.elephantfolio.linux.settings;

import dev.elephantfolio.linux.LinuxException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What settings were before we changed them, in a small file that outlives us should we be killed.
 * Its lines are the boot's number, then one {@code KEY=VALUE} each, oldest change first; a line is
 * on the file before its setting is changed, and one that lacks its newline was never acted on.
 *
 * <p>Whoever has the journal open holds a lock on it that the kernel drops with the process, so a
 * journal that can be locked and is not empty was left by one that died. Not thread-safe.
 */
final class SettingsJournal implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final String bootId;

  private SettingsJournal(Path file, FileChannel channel, String bootId) {
    this.file = file;
    this.channel = channel;
    this.bootId = bootId;
  }

  /** Whether a journal of that directory holds anything: left behind, or in use now. */
  static boolean holdsAnything(Path directory) {
    try {
      Path file = file(directory);
      return Files.exists(file) && Files.size(file) > 0;
    } catch (IOException e) {
      throw new LinuxException(directory + ": cannot be read", e);
    }
  }

  /** Opens and locks the journal of a directory, making both when they are not there. */
  static SettingsJournal open(Path directory, String bootId) {
    Path file = file(directory);
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      refuseStrangers(directory);
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      lock(file, channel);
      return new SettingsJournal(file, channel, bootId);
    } catch (IOException e) {
      throw new LinuxException(file + ": cannot be written: settings are changed by root only", e);
    }
  }

  /** A directory anybody could have made might hold anything; only our own is believed. */
  private static void refuseStrangers(Path directory) throws IOException {
    if (!Files.getOwner(directory).equals(Files.getOwner(Path.of("/proc/self")))) {
      throw new LinuxException(directory + ": belongs to another user: remove it");
    }
  }

  private static void lock(Path file, FileChannel channel) throws IOException {
    Optional<FileLock> lock;
    try {
      lock = Optional.ofNullable(channel.tryLock());
    } catch (OverlappingFileLockException _) {
      lock = Optional.empty();
    }
    if (lock.isEmpty()) {
      channel.close();
      throw new LinuxException(
          "another efolio is changing this machine's settings now: wait for it (" + file + ")");
    }
  }

  private static Path file(Path directory) {
    return directory.resolve("settings.journal");
  }

  /** What a run that died has left to put back, oldest change first; nothing after a reboot. */
  List<Setting> leftBehind() {
    try {
      byte[] bytes = new byte[Math.toIntExact(channel.size())];
      channel.read(ByteBuffer.wrap(bytes), 0);
      return parse(new String(bytes, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new LinuxException(file + ": cannot be read", e);
    }
  }

  private List<Setting> parse(String text) {
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    List<String> lines = whole.lines().toList();
    List<Setting> settings = new ArrayList<>();
    if (!lines.isEmpty() && lines.getFirst().equals(bootId)) {
      lines.stream().skip(1).map(Setting::parse).forEach(settings::add);
    }
    return settings;
  }

  /** Begins anew: nothing is changed. */
  void clear() {
    try {
      channel.truncate(0);
    } catch (IOException e) {
      throw new LinuxException(file + ": cannot be written", e);
    }
  }

  /** Notes what a setting is, before it is changed. */
  void add(Setting before) {
    try {
      if (channel.size() == 0) {
        append(bootId);
      }
      append(before.toString());
      channel.force(false);
    } catch (IOException e) {
      throw new LinuxException(file + ": cannot be written, so nothing is changed", e);
    }
  }

  private void append(String line) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
    channel.position(channel.size());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Unlocks. The file stays: somebody may have it open already, waiting for the lock. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new LinuxException(file + ": cannot be closed", e);
    }
  }
}
