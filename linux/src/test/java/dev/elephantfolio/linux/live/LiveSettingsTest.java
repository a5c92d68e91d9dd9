package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.settings.KernelSettings;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The kernel's settings while a live machine is open. */
class LiveSettingsTest extends LiveFixture {
  @Test
  void settingsAreWrittenResetAndPutBack() {
    KernelSettings kernel = KernelSettings.live();
    String none = THP + "khugepaged/max_ptes_none";
    String before = kernel.read(none);
    String other = before.equals("13") ? "14" : "13";
    machine.set(none, other);
    machine.set("vm/overcommit_ratio", "61");
    assertEquals(other, kernel.read(none));
    machine.reset();
    assertEquals(before, kernel.read(none));
    assertNotEquals("61", kernel.read("vm/overcommit_ratio"));
    machine.set(none, other);
    machine.close();
    assertEquals(before, kernel.read(none));
    assertNotEquals("1", kernel.read(THP + "khugepaged/pages_to_scan"));
  }

  @Test
  void wrongSettingsAreRefused() {
    for (String[] wrong :
        new String[][] {
          {THP + "enabledd", "always"},
          {THP + "enabled", "sometimes"},
          {THP + "khugepaged/pages_to_scan", "0"},
          {THP + "khugepaged/scan_sleep_millisecs", "often"},
          {THP + "khugepaged/full_scans", "3"},
        }) {
      String message =
          assertThrows(LinuxException.class, () -> machine.set(wrong[0], wrong[1])).getMessage();
      assertEquals(1, message.lines().count(), message);
    }
    machine.set(THP + "khugepaged/pages_to_scan", "8192");
    assertEquals("1", KernelSettings.live().read(THP + "khugepaged/pages_to_scan"), "is ours");
  }

  @Test
  void onlyOneIsOpenAtATime() {
    assertThrows(LinuxException.class, () -> LiveMachine.open(Map.of(), _ -> {}));
    map(WINDOW, PAGE);
  }
}
