package dev.elephantfolio.linux.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.Need;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelSettingsTest {
  @TempDir Path root;
  private KernelSettings settings = KernelSettings.live();

  @BeforeEach
  void fake() throws IOException {
    settings = FakeSysfs.in(root).settings();
  }

  @Test
  void readsTheChosenOne() {
    assertEquals("madvise", settings.read(FakeSysfs.ENABLED));
    assertEquals(List.of("always", "madvise", "never"), settings.choices(FakeSysfs.ENABLED));
    assertEquals("511", settings.read(FakeSysfs.MAX_PTES_NONE));
    assertEquals(List.of(), settings.choices(FakeSysfs.MAX_PTES_NONE));
    assertEquals("0", settings.read("vm/nr_hugepages"));
  }

  /** The kernel gives some numbers only to who has room for all of them. */
  @Test
  void readsWholeNumbersOfTheKernel() throws Exception {
    for (String key : List.of("admin_reserve_kbytes", "user_reserve_kbytes", "max_map_count")) {
      Process cat = new ProcessBuilder("cat", "/proc/sys/vm/" + key).start();
      String whole = new String(cat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertEquals(whole.strip(), KernelSettings.live().read("vm/" + key));
    }
  }

  @Test
  void writes() {
    settings.write(Setting.parse("vm/nr_hugepages = 512"));
    settings.write(Setting.parse(FakeSysfs.ENABLED + "=always"));
    assertEquals("512", settings.read("vm/nr_hugepages"));
    assertEquals("always", settings.read(FakeSysfs.ENABLED));
  }

  @Test
  void suggestsTheNearestKey() {
    assertEquals(
        "no setting transparent_hugepages/enabled on this kernel: did you mean"
            + " transparent_hugepage/enabled?",
        refusal("transparent_hugepages/enabled=always"));
    assertEquals(
        "no setting max_ptes_none on this kernel: did you mean " + FakeSysfs.MAX_PTES_NONE + "?",
        refusal("max_ptes_none=0"));
    assertEquals("no setting swordfish on this kernel", refusal("swordfish=1"));
    assertEquals("no setting ../etc/passwd on this kernel", refusal("../etc/passwd=1"));
    assertEquals("no setting vm on this kernel", refusal("vm=1"));
  }

  @Test
  void suggestsTheNearestValue() {
    assertEquals(
        "transparent_hugepage/enabled=alwys: not a value of it: did you mean always?"
            + " (one of: always, madvise, never)",
        refusal("transparent_hugepage/enabled=alwys"));
    assertEquals("madvise", settings.read(FakeSysfs.ENABLED));
  }

  @Test
  void refusesWhatIsNoSetting() {
    assertTrue(refusal("vm/drop_caches=3").contains("is an action"));
    assertTrue(refusal("hugepages/hugepages-2048kB/demote=1").contains("cannot be read"));
    assertTrue(refusal("transparent_hugepage/khugepaged/full_scans=1").contains("cannot be set"));
  }

  @Test
  void refusesWhatIsNoKeyAndValue() {
    for (String text : List.of("always", "=always", "transparent_hugepage/enabled=", "")) {
      String message = assertThrows(LinuxException.class, () -> Setting.parse(text)).getMessage();
      assertTrue(message.contains("write KEY=VALUE"), message);
    }
  }

  @Test
  void distances() {
    assertEquals(0, NearestName.distance("never", "never"));
    assertEquals(1, NearestName.distance("never", "nevr"));
    assertEquals(2, NearestName.distance("never", "nvere"));
    assertEquals(5, NearestName.distance("", "never"));
    assertEquals(Optional.empty(), NearestName.of("zzz", List.of("always", "never")));
  }

  @Test
  void liveKernelHasTheKnobs() {
    Need.hugePages();
    KernelSettings live = KernelSettings.live();
    assertTrue(live.choices(FakeSysfs.ENABLED).contains(live.read(FakeSysfs.ENABLED)));
    assertTrue(live.catalogue().contains("transparent_hugepage/khugepaged/max_ptes_none"));
    assertTrue(live.catalogue().contains("vm/nr_hugepages"));
    assertFalse(live.exists("transparent_hugepage"));
  }

  private String refusal(String setting) {
    String message =
        assertThrows(LinuxException.class, () -> settings.write(Setting.parse(setting)))
            .getMessage();
    assertFalse(message.contains("\n"));
    return message;
  }
}
