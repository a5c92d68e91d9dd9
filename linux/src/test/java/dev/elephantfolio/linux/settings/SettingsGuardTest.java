package dev.elephantfolio.linux.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.Need;
import dev.elephantfolio.linux.libc.LibC;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsGuardTest {
  private static final Setting ALWAYS = new Setting(FakeSysfs.ENABLED, "always");
  private static final Setting NONE = new Setting(FakeSysfs.MAX_PTES_NONE, "0");

  @TempDir Path root;
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void fake() throws IOException {
    FakeSysfs _ = FakeSysfs.in(root);
  }

  @Test
  void putsBackOnClose() {
    try (SettingsGuard guard = open()) {
      guard.set(ALWAYS);
      guard.set(NONE);
      guard.set(new Setting(FakeSysfs.MAX_PTES_NONE, "1"));
      assertEquals("always", settings().read(FakeSysfs.ENABLED));
      assertEquals("1", settings().read(FakeSysfs.MAX_PTES_NONE));
    }
    assertAsBefore();
    assertEquals(List.of(), said);
  }

  @Test
  void putsBackOnException() {
    assertThrows(
        LinuxException.class,
        () -> {
          try (SettingsGuard guard = open()) {
            guard.set(ALWAYS);
            guard.set(new Setting("vm/nr_hugepage", "1"));
          }
        });
    assertAsBefore();
  }

  /** Two names of one file, so that the order of putting back is seen from what is left. */
  @Test
  void putsBackLastChangeFirst() throws IOException {
    Files.createSymbolicLink(root.resolve("vm/alias"), root.resolve("vm/nr_hugepages"));
    try (SettingsGuard guard = open()) {
      guard.set(new Setting("vm/nr_hugepages", "1"));
      guard.set(new Setting("vm/alias", "2"));
    }
    assertEquals("0", settings().read("vm/nr_hugepages"));
  }

  @Test
  void ofTwinsTheOneThatWasSetIsPutBack() throws IOException {
    try (SettingsGuard guard = open()) {
      guard.set(new Setting("vm/dirty_bytes", "8192"));
      Files.writeString(root.resolve("vm/dirty_ratio"), "0\n"); // as the kernel does
    }
    assertEquals("20", settings().read("vm/dirty_ratio"));
  }

  @Test
  void oneGuardAtATime() {
    try (SettingsGuard _ = open()) {
      String message = assertThrows(LinuxException.class, this::open).getMessage();
      assertTrue(message.startsWith("another efolio is changing"), message);
    }
    open().close();
  }

  @Test
  void leftoverOfAnotherBootIsForgotten() throws IOException {
    leave("another-boot\n" + FakeSysfs.MAX_PTES_NONE + "=7\n");
    open().close();
    assertEquals("511", settings().read(FakeSysfs.MAX_PTES_NONE));
    assertEquals(List.of(), said);
  }

  @Test
  void unfinishedLineWasNeverActedOn() throws IOException {
    String bootId = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"));
    leave(bootId + FakeSysfs.MAX_PTES_NONE + "=7\n" + FakeSysfs.ENABLED + "=alw");
    open().close();
    assertEquals("7", settings().read(FakeSysfs.MAX_PTES_NONE));
    assertEquals("madvise", settings().read(FakeSysfs.ENABLED));
    assertEquals(1, said.size());
  }

  @Test
  void leftoverThatCannotBePutBackIsSaidOnce() throws IOException {
    String bootId = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"));
    leave(bootId + FakeSysfs.MAX_PTES_NONE + "=7\nvm/gone=1\n");
    String message = assertThrows(LinuxException.class, this::open).getMessage();
    assertTrue(message.endsWith("vm/gone=1"), message);
    assertEquals("7", settings().read(FakeSysfs.MAX_PTES_NONE));
    open().close();
  }

  @ParameterizedTest
  @ValueSource(ints = {LibC.SIGINT, LibC.SIGTERM, LibC.SIGHUP})
  void putsBackWhenSignalled(int signal) throws Exception {
    end(signal);
    assertAsBefore();
    open().close();
    assertEquals(List.of(), said);
  }

  @Test
  void nextRunPutsBackWhatAKilledOneLeft() throws Exception {
    end(LibC.SIGKILL);
    assertEquals("always", settings().read(FakeSysfs.ENABLED));
    assertEquals("0", settings().read(FakeSysfs.MAX_PTES_NONE));
    open().close();
    assertAsBefore();
    assertEquals(
        List.of(
            "settings that a killed run had changed were put back: "
                + FakeSysfs.ENABLED
                + "=madvise "
                + FakeSysfs.MAX_PTES_NONE
                + "=511"),
        said);
    open().close();
    assertEquals(1, said.size());
  }

  private void end(int signal) throws Exception {
    Process holder =
        Need.jvm(GuardHolder.class, root.toString(), ALWAYS.toString(), NONE.toString());
    try (BufferedReader output = holder.inputReader()) {
      assertEquals("ready", output.readLine());
      assertEquals("always", settings().read(FakeSysfs.ENABLED));
      assertThrows(LinuxException.class, this::open, "held by a living process");
      assertTrue(LibC.kill(holder.pid(), signal));
      assertTrue(holder.waitFor(30, TimeUnit.SECONDS));
    } finally {
      holder.destroyForcibly();
    }
  }

  private void leave(String journal) throws IOException {
    Files.createDirectories(root.resolve("state"));
    Files.writeString(root.resolve("state/settings.journal"), journal);
  }

  private SettingsGuard open() {
    return SettingsGuard.open(settings(), root.resolve("state"), said::add);
  }

  private KernelSettings settings() {
    return new FakeSysfs(root).settings();
  }

  private void assertAsBefore() {
    assertEquals("madvise", settings().read(FakeSysfs.ENABLED));
    assertEquals("511", settings().read(FakeSysfs.MAX_PTES_NONE));
  }
}
