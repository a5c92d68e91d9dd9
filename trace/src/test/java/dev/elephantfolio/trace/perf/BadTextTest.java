package dev.elephantfolio.trace.perf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.trace.RecordingException;
import dev.elephantfolio.trace.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users give to the importer that is not what it wants. */
class BadTextTest {
  @TempDir Path folder;

  private ImportReport importBytes(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("in.txt"), bytes);
    return new PerfImporter(PerfImportOptions.defaults())
        .importFile(file, folder.resolve("out.eft"), ImportProgress.NONE);
  }

  private ImportReport importText(String text) throws IOException {
    return importBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  private void assertRefused(byte[] bytes, String because) throws IOException {
    RecordingException e = assertThrows(RecordingException.class, () -> importBytes(bytes));
    assertTrue(e.getMessage().startsWith(folder.resolve("in.txt") + ": "), e.getMessage());
    assertTrue(e.getMessage().contains(because), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(folder.resolve("in.txt")), left.toList(), "nothing is left");
    }
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  @Test
  void whatIsNoPerfTextIsRefused() throws IOException {
    assertRefused(new byte[0], "the file is empty");
    assertRefused(gzip(new byte[0]), "no line that tells an event");
    assertRefused("hello\nworld\n".getBytes(StandardCharsets.UTF_8), "line 1: hello");
    byte[] jpeg = new byte[200_000];
    Seeds.random("jpeg").nextBytes(jpeg);
    System.arraycopy(new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, 'J'}, 0, jpeg, 0, 4);
    assertRefused(jpeg, "not perf script text");
    assertRefused(new byte[3 << 20], "not perf script text");
    assertRefused("PERFILE2........".getBytes(StandardCharsets.UTF_8), "perf script -F");
    assertRefused(new byte[] {(byte) 0x89, 'E', 'F', 'T', 13, 10, 26, 10}, "a recording already");
    assertRefused(new byte[] {0x1F, (byte) 0x8B, 1, 2, 3, 4, 5, 6, 7, 8}, "not gzip data");
    assertRefused("# captured on : x\n".getBytes(StandardCharsets.UTF_8), "no line that tells");
  }

  @Test
  void textWithoutAProcessIsRefused() throws IOException {
    String idle =
        "         swapper     0/0     [000]     0.000000000: PERF_RECORD_MMAP -1/0:"
            + " [0xffffffff81000000(0x12090c8) @ 0xffffffff81000000]: x [kernel.kallsyms]_text\n";
    assertRefused(idle.getBytes(StandardCharsets.UTF_8), "no process in it does anything");
  }

  @Test
  void aGzipCutShortIsLocated() throws IOException {
    byte[] whole =
        gzip(PerfText.launched().toString().repeat(500).getBytes(StandardCharsets.UTF_8));
    assertRefused(Arrays.copyOf(whole, whole.length - 20), "the gzip data ends early, after line");
    byte[] spoilt = whole.clone();
    Arrays.fill(spoilt, whole.length / 2, whole.length / 2 + 50, (byte) 0x55);
    RecordingException e = assertThrows(RecordingException.class, () -> importBytes(spoilt));
    assertTrue(e.getMessage().contains("gzip data"), e.getMessage());
  }

  @Test
  void aFewGarbageLinesAreCountedAndShown() throws IOException {
    String text =
        PerfText.launched()
            .raw("gar\u0001bage")
            .raw("x".repeat(300))
            .raw("\t 7ffff7e5 main (/bin/x)")
            .raw("")
            .toString();
    ImportReport report = importText(text);
    assertEquals(2, report.unknownLines());
    assertEquals(
        List.of("line 14: gar.bage", "line 15: " + "x".repeat(80) + "..."),
        report.firstUnknownLines());
    assertEquals(17, report.lines());
  }

  @Test
  void mostlyGarbageIsRefused() throws IOException {
    String text = PerfText.launched() + "garbage\n".repeat(20);
    assertRefused(text.getBytes(StandardCharsets.UTF_8), "20 of 33 lines are not understood");
  }

  @Test
  void linesMayEndAsOnWindowsOrNotAtAll() throws IOException {
    String text = PerfText.launched().toString();
    long events = importText(text).totals().events();
    assertEquals(events, importText(text.replace("\n", "\r\n")).totals().events());
    assertEquals(events, importText(text.strip()).totals().events());
    assertEquals(
        events, importBytes(gzip(text.getBytes(StandardCharsets.UTF_8))).totals().events());
  }

  @Test
  void filesThatCannotBeReachedAreNamed() {
    PerfImporter importer = new PerfImporter(PerfImportOptions.defaults());
    Path missing = folder.resolve("missing");
    Path out = folder.resolve("out.eft");
    RecordingException e =
        assertThrows(
            RecordingException.class, () -> importer.importFile(missing, out, ImportProgress.NONE));
    assertEquals(missing + ": no such file", e.getMessage());
    e =
        assertThrows(
            RecordingException.class, () -> importer.importFile(folder, out, ImportProgress.NONE));
    assertTrue(e.getMessage().contains("directory"), e.getMessage());
  }

  @Test
  void whereNothingCanBeWrittenTheTextIsNotRead() throws IOException {
    Path in = Files.writeString(folder.resolve("in.txt"), PerfText.launched().toString());
    Path out = folder.resolve("no/such/out.eft");
    RecordingException e =
        assertThrows(
            RecordingException.class,
            () ->
                new PerfImporter(PerfImportOptions.defaults())
                    .importFile(in, out, (_, _) -> assertTrue(false, "it was read")));
    assertTrue(e.getMessage().startsWith(out + ": cannot write here"), e.getMessage());
  }

  @Test
  void progressReachesTheEnd() throws IOException {
    Path in = Files.writeString(folder.resolve("in.txt"), PerfText.launched().toString());
    long[] last = new long[2];
    new PerfImporter(PerfImportOptions.defaults())
        .importFile(
            in,
            folder.resolve("out.eft"),
            (read, total) -> {
              last[0] = read;
              last[1] = total;
            });
    assertArrayEquals(new long[] {Files.size(in), Files.size(in)}, last);
  }
}
