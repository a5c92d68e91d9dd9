package dev.elephantfolio.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.linux.settings.KernelSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the live kernel is told, on kernels that have more or fewer settings. */
final class PageSizeTest {
  private static final String THP = "transparent_hugepage/";

  @TempDir private Path root;

  private void setting(String key, String text) throws IOException {
    Path file = root.resolve("mm").resolve(key);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text + "\n");
  }

  private KernelSettings settings() throws IOException {
    Files.createDirectories(root.resolve("mm"));
    Files.createDirectories(root.resolve("vm"));
    return new KernelSettings(root.resolve("mm"), root.resolve("vm"));
  }

  private static List<String> text(PageSize size, KernelSettings settings) {
    return size.needed(settings).stream().map(Object::toString).toList();
  }

  @Test
  void onlyWhatDiffersIsChanged() throws IOException {
    setting(THP + "enabled", "always [madvise] never");
    setting(THP + "hugepages-16kB/enabled", "[always] inherit madvise never");
    setting(THP + "hugepages-64kB/enabled", "always inherit madvise [never]");
    setting(THP + "hugepages-2048kB/enabled", "always [inherit] madvise never");

    assertEquals(List.of(THP + "hugepages-16kB/enabled=never"), text(PageSize.SMALL, settings()));
    assertEquals(
        List.of(THP + "hugepages-16kB/enabled=never", THP + "hugepages-64kB/enabled=always"),
        text(PageSize.MEDIUM, settings()));
    assertEquals(
        List.of(THP + "enabled=always", THP + "hugepages-16kB/enabled=never"),
        text(PageSize.HUGE, settings()));
  }

  @Test
  void sizesThatTheKernelLacksAreTold() throws IOException {
    setting(THP + "enabled", "always madvise [never]");

    assertEquals(List.of(), text(PageSize.SMALL, settings()));
    assertEquals(List.of(THP + "enabled=always"), text(PageSize.HUGE, settings()));
    KernelSettings withoutSizes = settings();
    assertEquals(
        "this kernel has no huge pages of 64 kB (Linux 6.8 has)",
        assertThrows(LabException.class, () -> PageSize.MEDIUM.needed(withoutSizes)).getMessage());
  }

  @Test
  void smallPagesNeedNoHugePages() throws IOException {
    KernelSettings none = settings();

    assertEquals(List.of(), text(PageSize.SMALL, none));
    assertEquals(
        "this kernel has no transparent huge pages",
        assertThrows(LabException.class, () -> PageSize.HUGE.needed(none)).getMessage());
  }
}
