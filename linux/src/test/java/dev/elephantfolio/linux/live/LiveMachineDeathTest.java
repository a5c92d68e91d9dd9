package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.Need;
import dev.elephantfolio.linux.libc.LibC;
import dev.elephantfolio.linux.settings.KernelSettings;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever dies of those who make live calls, the machine is afterwards as it was before. */
class LiveMachineDeathTest {
  private static final String KEY = "transparent_hugepage/khugepaged/max_ptes_none";
  private static final long PATIENCE_SECONDS = 30;

  private final KernelSettings kernel = KernelSettings.live();
  private final List<String> said = new ArrayList<>();
  private Map<String, String> before;

  @BeforeEach
  void note() {
    Need.liveMachine();
    before = settings();
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new java.util.TreeMap<>();
    for (String key : kernel.catalogue()) {
      if (key.startsWith("transparent_hugepage/") && !key.contains("/stats/")) {
        settings.put(key, kernel.read(key));
      }
    }
    settings.keySet().removeIf(key -> key.endsWith("full_scans") || key.endsWith("_collapsed"));
    return settings;
  }

  private String otherValue() {
    return before.getOrDefault(KEY, "").equals("13") ? "14" : "13";
  }

  private void assertAsBefore() {
    assertEquals(before, settings());
  }

  private static void awaitEnd(String pid) throws InterruptedException {
    for (int i = 0; i < PATIENCE_SECONDS * 100 && isThere(pid); i++) {
      Thread.sleep(10);
    }
    assertTrue(!isThere(pid), pid);
  }

  private static boolean isThere(String pid) {
    return Files.exists(Path.of("/proc", pid, "smaps_rollup"));
  }

  @Test
  void whenTheControllerIsKilledTheNextCallSaysSo() throws Exception {
    try (LiveMachine machine = LiveMachine.open(Map.of(), said::add)) {
      LiveProcess process = machine.spawn("A");
      machine.set(KEY, otherValue());
      assertTrue(LibC.kill(machine.controllerPid(), LibC.SIGKILL));
      String message = assertThrows(LinuxException.class, process::munlockall).getMessage();
      assertTrue(message.contains("died (signal 9)"), message);
      assertEquals(1, message.lines().count());
      assertAsBefore();
      awaitEnd(Long.toString(process.pid()));
      assertThrows(LinuxException.class, () -> machine.spawn("B"));
    }
    assertAsBefore();
  }

  @Test
  void aKilledProcessIsSaidAndTheMachineGoesOn() {
    try (LiveMachine machine = LiveMachine.open(Map.of(), said::add)) {
      LiveProcess process = machine.spawn("A");
      assertTrue(LibC.kill(process.pid(), LibC.SIGKILL));
      String message = assertThrows(LinuxException.class, process::munlockall).getMessage();
      assertTrue(message.contains("killed by signal 9"), message);
      machine.reset();
      assertTrue(machine.spawn("A").munlockall().isOk());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {LibC.SIGINT, LibC.SIGTERM})
  void aSignalPutsEverythingBack(int signal) throws Exception {
    endHolder(signal);
    assertAsBefore();
  }

  @Test
  void theNextOnePutsBackWhatAKilledOneLeft() throws Exception {
    endHolder(LibC.SIGKILL);
    assertNotEquals(before, settings());
    LiveMachine.open(Map.of(), said::add).close();
    assertAsBefore();
    assertEquals(1, said.size(), said.toString());
    assertTrue(said.getFirst().startsWith("settings that a killed run had changed were put back"));
  }

  private void endHolder(int signal) throws Exception {
    Process holder = Need.jvm(LiveMachineHolder.class, KEY, otherValue());
    try (BufferedReader output = holder.inputReader()) {
      String[] pids = output.readLine().split(" ");
      assertEquals(otherValue(), kernel.read(KEY));
      assertTrue(LibC.kill(holder.pid(), signal));
      assertTrue(holder.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
      awaitEnd(pids[0]);
      awaitEnd(pids[1]);
    } finally {
      holder.destroyForcibly();
    }
  }

  @Test
  void aMissingCompilerOrPlaceLeavesNothingChanged(@TempDir Path directory) throws Exception {
    Path cache = Files.writeString(directory.resolve("cache"), "a file");
    assertThrows(LinuxException.class, () -> LiveMachine.open(Map.of(), said::add, cache));
    assertAsBefore();
  }
}
