package dev.elephantfolio.linux.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.measure.Truth.Mode;
import dev.elephantfolio.linux.measure.Truth.Peak;
import dev.elephantfolio.linux.measure.Truth.ProcessSample;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TruthFileTest {
  private static final String JSON =
      """
      {"name":"redis","command":["./redis.sh","-x"],"kernel":"6.18.44","modes":{"always":{"rc":0,\
      "vmstat":{"pgfault":6957,"thp_fault_alloc":101},"series":[\
      {"t":0.0,"p":{"7":{"Rss":1588,"Pss":620,"Shared_Dirty":0,"Private_Dirty":112,\
      "Anonymous":112,"AnonHugePages":0,"ShmemPmdMapped":0,"comm":"setarch","minflt":75}}},\
      {"t":0.11,"p":{"7":{"Rss":191120,"Pss":189493,"Shared_Dirty":0,"Private_Dirty":181628,\
      "Anonymous":181628,"AnonHugePages":157696,"ShmemPmdMapped":0,"comm":"redis","minflt":4246},\
      "9":{"Rss":20,"Pss":20,"Shared_Dirty":1,"Private_Dirty":2,\
      "Anonymous":4,"AnonHugePages":0,"ShmemPmdMapped":3,"comm":"sleep","minflt":7}}},\
      {"t":8.2,"p":{}}]}}}
      """;

  @TempDir Path directory;

  @Test
  void readsPeaks() throws IOException {
    Truth truth = TruthFile.read(file("a.json", JSON));
    Mode always = truth.modes().values().iterator().next();
    assertEquals("redis", truth.name());
    assertEquals(List.of("./redis.sh", "-x"), truth.command());
    assertEquals(101, always.vmstat().get("thp_fault_alloc"));
    assertEquals(
        new Peak(7, List.of("setarch", "redis"), 191120 << 10, 181628 << 10, 157696 << 10),
        always.peaks().get(7));
    assertEquals(2, always.peaks().size());
    assertEquals(181632 << 10, always.peakAnonymousBytes());
    assertEquals(157696 << 10, always.peakAnonHugePagesBytes());
    ProcessSample sleep =
        new ProcessSample(20 << 10, 20 << 10, 1 << 10, 2 << 10, 4 << 10, 0, 3 << 10, "sleep", 7);
    assertEquals(sleep, always.series().get(1).processes().get(9));
  }

  @Test
  void readsCompressed() throws IOException {
    Path packed = directory.resolve("a.truth.json.gz");
    try (OutputStream output = new GZIPOutputStream(Files.newOutputStream(packed))) {
      output.write(JSON.getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(TruthFile.read(file("a.json", JSON)), TruthFile.read(packed));
  }

  @Test
  void writesWhatItReads() throws IOException {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    TruthFile.write(TruthFile.read(file("a.json", JSON)), written);
    assertEquals(JSON, written.toString(StandardCharsets.UTF_8));
  }

  @Test
  void saysWhatIsWrong() throws IOException {
    assertSays("no such file", directory.resolve("none.json"));
    assertSays("no measurement", file("empty.json", ""));
    assertSays("no measurement", file("garbage.json", "\u00ff\u00d8 JPEG"));
    assertSays("there is no \"modes\"", file("other.json", "{\"name\":\"x\"}"));
    assertSays("there is no \"comm\"", file("cut.json", JSON.replace("\"comm\"", "\"com\"")));
    assertSays("no measurement", file("short.json", JSON.substring(0, 300)));
  }

  private static void assertSays(String what, Path file) {
    String message = assertThrows(LinuxException.class, () -> TruthFile.read(file)).getMessage();
    assertTrue(message.startsWith(file + ": ") && message.contains(what), message);
    assertFalse(message.contains("\n"), message);
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }
}
