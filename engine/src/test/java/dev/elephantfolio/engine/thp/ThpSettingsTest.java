package dev.elephantfolio.engine.thp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each file takes and shows what a live 6.18 took and showed. */
class ThpSettingsTest {
  private static final String ROOT = "transparent_hugepage/";
  private static final String KHUGEPAGED = ROOT + "khugepaged/";

  private final ThpSettings settings = new ThpSettings();

  private void takes(String name, String value, String shown) {
    settings.set(ROOT + name, value);
    assertEquals(shown, settings.get(ROOT + name), () -> name + " after '" + value + "'");
  }

  private void refuses(String name, String value, Errno errno) {
    String before = settings.get(ROOT + name);
    MemoryException refused =
        assertThrows(
            MemoryException.class,
            () -> settings.set(ROOT + name, value),
            () -> name + " took '" + value + "'");
    assertEquals(errno, refused.errno());
    assertEquals(before, settings.get(ROOT + name));
  }

  private void refuses(String name, String... values) {
    for (String value : values) {
      refuses(name, value, Errno.EINVAL);
    }
  }

  @Test
  void startsWithTheKernelsDefaults() {
    assertEquals("always [madvise] never", settings.get(ROOT + "enabled"));
    assertEquals("always defer defer+madvise [madvise] never", settings.get(ROOT + "defrag"));
    assertEquals("1", settings.get(ROOT + "use_zero_page"));
    assertEquals("1", settings.get(ROOT + "shrink_underused"));
    assertEquals("2097152", settings.get(ROOT + "hpage_pmd_size"));
    assertEquals(
        "always within_size advise [never] deny force", settings.get(ROOT + "shmem_enabled"));
    assertEquals("always [inherit] madvise never", settings.get(ROOT + "hugepages-2048kB/enabled"));
    assertEquals(
        "always [inherit] within_size advise never",
        settings.get(ROOT + "hugepages-2048kB/shmem_enabled"));
    for (int kilobytes = 16; kilobytes < 2048; kilobytes *= 2) {
      String size = ROOT + "hugepages-" + kilobytes + "kB/";
      assertEquals("always inherit madvise [never]", settings.get(size + "enabled"));
      assertEquals(
          "always inherit within_size advise [never]", settings.get(size + "shmem_enabled"));
    }
    assertEquals("1", settings.get(KHUGEPAGED + "defrag"));
    assertEquals("511", settings.get(KHUGEPAGED + "max_ptes_none"));
    assertEquals("64", settings.get(KHUGEPAGED + "max_ptes_swap"));
    assertEquals("256", settings.get(KHUGEPAGED + "max_ptes_shared"));
    assertEquals("4096", settings.get(KHUGEPAGED + "pages_to_scan"));
    assertEquals("10000", settings.get(KHUGEPAGED + "scan_sleep_millisecs"));
    assertEquals("60000", settings.get(KHUGEPAGED + "alloc_sleep_millisecs"));
    assertEquals("0", settings.get(KHUGEPAGED + "full_scans"));
    assertEquals("0", settings.get(KHUGEPAGED + "pages_collapsed"));
    assertEquals("0", settings.get(ROOT + "anon_beside_full"));
  }

  @Test
  void everyKeyCanBeReadAndSmallPagesHaveNoAnonymousSize() {
    for (String key : ThpSettings.keys()) {
      assertFalse(settings.get(key).isEmpty(), key);
    }
    assertEquals(16 + 8 + 9, ThpSettings.keys().size());
    assertFalse(ThpSettings.isKey(ROOT + "hugepages-8kB/enabled"));
    assertTrue(ThpSettings.isKey(ROOT + "hugepages-8kB/shmem_enabled"));
  }

  @Test
  void wordsMustMatchButForOneNewline() {
    takes("enabled", "always", "[always] madvise never");
    takes("enabled", "never\n", "always madvise [never]");
    refuses("enabled", "Never", "madvise ", "madvise\n\n", "madvis", "");
    takes("defrag", "defer+madvise", "always defer [defer+madvise] madvise never");
    takes("hugepages-64kB/enabled", "inherit", "always [inherit] madvise never");
    refuses("hugepages-64kB/enabled", "advise", "within_size");
    takes("shmem_enabled", "deny", "always within_size advise never [deny] force");
  }

  @Test
  void numbersHaveRanges() {
    takes("use_zero_page", "0", "0");
    takes("use_zero_page", "+1", "1");
    takes("use_zero_page", "00", "0");
    refuses("use_zero_page", "2", "0x1", "1 ", "x", "\n", "-1");
    takes("khugepaged/max_ptes_none", "0", "0");
    takes("khugepaged/max_ptes_swap", "511", "511");
    refuses("khugepaged/max_ptes_shared", "512", "-1", "99999999999999999999999", "");
    takes("khugepaged/pages_to_scan", "4294967295", "4294967295");
    refuses("khugepaged/pages_to_scan", "0", "4294967296");
    takes("khugepaged/scan_sleep_millisecs", "0", "0");
  }

  @Test
  void shrinkUnderusedTakesWhateverBeginsLikeYesOrNo() {
    for (String yes : List.of("1", "y", "Y", "yes", "t", "e", "on", "1 \n", "oN")) {
      settings.set(ROOT + "shrink_underused", "0");
      takes("shrink_underused", yes, "1");
    }
    for (String no : List.of("0", "n", "d", "false", "of", "off", "0x1")) {
      settings.set(ROOT + "shrink_underused", "1");
      takes("shrink_underused", no, "0");
    }
    refuses("shrink_underused", "o", "2", " 1", "\n", "x");
  }

  @Test
  void someFilesOnlyRead() {
    refuses("hpage_pmd_size", "1", Errno.EACCES);
    refuses("khugepaged/full_scans", "1", Errno.EACCES);
    refuses("khugepaged/pages_collapsed", "1", Errno.EACCES);
    MemoryException unknown =
        assertThrows(MemoryException.class, () -> settings.get(ROOT + "nosuch"));
    assertEquals(Errno.ENOENT, unknown.errno());
  }

  @Test
  void forcedShmemIsForTheLargestSizeAlone() {
    settings.set(ROOT + "hugepages-64kB/shmem_enabled", "inherit");
    refuses("shmem_enabled", "force");
    settings.set(ROOT + "hugepages-64kB/shmem_enabled", "never");
    takes("shmem_enabled", "force", "always within_size advise never deny [force]");
    refuses("hugepages-32kB/shmem_enabled", "inherit");
  }

  @Test
  void sizesComeTogetherAsMasks() {
    settings.set(ROOT + "hugepages-16kB/enabled", "always");
    settings.set(ROOT + "hugepages-64kB/enabled", "madvise");
    settings.set(ROOT + "hugepages-128kB/enabled", "inherit");
    ThpKnobs knobs = settings.knobs();
    assertEquals(1 << 2, knobs.orders(false));
    assertEquals(1 << 2 | 1 << 4 | 1 << 5 | 1 << 9, knobs.orders(true));
    settings.set(ROOT + "enabled", "always");
    assertEquals(1 << 2 | 1 << 5 | 1 << 9, settings.knobs().orders(false));
    settings.set(ROOT + "enabled", "never");
    assertEquals(1 << 2, settings.knobs().orders(false));
    assertEquals(1 << 2 | 1 << 4, settings.knobs().orders(true));
  }

  @Test
  void khugepagedHasWorkWhereAnythingMayBeHuge() {
    assertTrue(settings.knobs().pmdEnabled());
    settings.set(ROOT + "enabled", "never");
    assertFalse(settings.knobs().pmdEnabled());
    settings.set(ROOT + "shmem_enabled", "advise");
    assertTrue(settings.knobs().pmdEnabled());
    settings.set(ROOT + "hugepages-2048kB/shmem_enabled", "never");
    assertFalse(settings.knobs().pmdEnabled());
    settings.set(ROOT + "hugepages-2048kB/enabled", "madvise");
    assertTrue(settings.knobs().pmdEnabled());
  }

  @Test
  void listenersSeeEveryWriteInOrder() {
    List<String> seen = new ArrayList<>();
    settings.addListener((key, now) -> seen.add(key + "=" + now.enabled()));
    settings.set(ROOT + "enabled", "never");
    settings.set(ROOT + "enabled", "never");
    assertThrows(MemoryException.class, () -> settings.set(ROOT + "enabled", "x"));
    assertEquals(List.of(ROOT + "enabled=NEVER", ROOT + "enabled=NEVER"), seen);
  }

  @Test
  void aMistypedNameHasANearest() {
    assertEquals(Optional.of(ROOT + "enabled"), ThpSettings.suggest(ROOT + "enable"));
    assertEquals(Optional.of(ROOT + "enabled"), ThpSettings.suggest("enabled"));
    assertEquals(
        Optional.of(KHUGEPAGED + "max_ptes_none"), ThpSettings.suggest("khugepaged/max_pte_none"));
    assertEquals(
        Optional.of(ROOT + "hugepages-64kB/enabled"),
        ThpSettings.suggest(ROOT + "hugepages-64k/enabled"));
    assertEquals(Optional.empty(), ThpSettings.suggest("vm/swappiness"));
    assertEquals(Optional.of("madvise"), ThpSettings.suggest(ROOT + "enabled", "madvice"));
    assertEquals(Optional.empty(), ThpSettings.suggest(ROOT + "enabled", "42"));
    assertEquals(Optional.empty(), ThpSettings.suggest(KHUGEPAGED + "pages_to_scan", "x"));
  }
}
