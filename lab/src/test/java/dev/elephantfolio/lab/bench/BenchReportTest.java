package dev.elephantfolio.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.elephantfolio.lab.bench.BenchResult.LiveMissing;
import dev.elephantfolio.lab.bench.BenchResult.LiveSpeed;
import dev.elephantfolio.lab.bench.BenchResult.Memory;
import dev.elephantfolio.lab.bench.BenchResult.Skipped;
import dev.elephantfolio.lab.bench.BenchResult.Speed;
import dev.elephantfolio.trace.perf.ImportProgress;
import dev.elephantfolio.trace.perf.ImportReport;
import dev.elephantfolio.trace.perf.PerfImportOptions;
import dev.elephantfolio.trace.perf.PerfImporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports, and the parts that they are made from. */
final class BenchReportTest {
  @TempDir private Path directory;

  private static final BenchReport REPORT =
      new BenchReport(
          BenchOptions.of(List.of(Workload.FAULT_4K)).withRounds(3),
          "6.18.0",
          "25",
          2,
          List.of(
              new Speed(
                  Workload.FAULT_4K,
                  new Spread(5_000_000, 4_500_000, 5_500_000),
                  Optional.of(
                      new LiveSpeed(new Spread(500_000, 490_000, 510_000), new Spread(10, 9, 11)))),
              new Speed(
                  Workload.FAULT_2M,
                  new Spread(2_000_000, 2_000_000, 2_000_000),
                  Optional.of(new LiveMissing("no huge pages"))),
              new Speed(Workload.PERF_TEXT, new Spread(900_000, 1, 2), Optional.empty()),
              new Memory(Workload.MEMORY_FRAME_4K, 1000, 28_400),
              new Skipped(Workload.MEMORY_1T_4K, "no heap")));

  @Test
  void theTableTellsWhatWasMeasuredAndWhatNot() {
    List<String> lines = BenchTable.of(REPORT).lines().toList();
    assertEquals(
        "Linux 6.18.0, Java 25, 2 processors; by the thread's CPU time, the middle one of 3 rounds",
        lines.getFirst());
    assertEquals(
        "fault-4k           5.00 M/s    20%   500.0 k/s     4%    10.0×"
            + "  4 KiB faults: the first write to each page",
        lines.get(3));
    assertEquals(
        "memory-per-frame-4k           28.4 B      28 KiB  a 4 KiB frame that is allocated",
        lines.get(8));
    assertEquals("fault-2m: kernel not measured: no huge pages", lines.get(10));
    assertEquals("memory-1t-4k: not measured: no heap", lines.get(11));
    assertEquals(12, lines.size());
  }

  @Test
  void jsonHoldsTheSame() {
    JsonNode json = BenchJson.of(REPORT);
    assertEquals("6.18.0", json.get("kernel").asText());
    assertEquals("thread-cpu", json.get("clock").asText());
    JsonNode fault = json.get("results").get(0);
    assertEquals("fault-4k", fault.get("name").asText());
    assertEquals(5_000_000, fault.at("/perSecond/median").asDouble());
    assertEquals(500_000, fault.at("/live/perSecond/median").asDouble());
    assertEquals(9, fault.at("/live/ratio/least").asDouble());
    assertEquals("no huge pages", json.at("/results/1/live/missing").asText());
    assertTrue(json.at("/results/2/live").isMissingNode());
    assertEquals(28.4, json.at("/results/3/bytesEach").asDouble());
    assertEquals("no heap", json.at("/results/4/missing").asText());
  }

  @Test
  void spreadsHaveAMiddle() {
    assertEquals(new Spread(2, 1, 9), Spread.of(List.of(9.0, 1.0, 2.0)));
    assertEquals(new Spread(3, 1, 9), Spread.of(List.of(9.0, 1.0, 2.0, 4.0)));
    assertEquals(4, new Spread(2, 1, 9).width());
  }

  @Test
  void namesAreFoundWholeOrByTheirBeginning() {
    assertEquals(List.of(Workload.FORK), Workload.named("fork"));
    assertEquals(List.of(Workload.MUNMAP_4K, Workload.MUNMAP_2M), Workload.named("munmap"));
    assertEquals(
        List.of(Workload.MEMORY_FRAME_4K, Workload.MEMORY_FRAME_2M),
        Workload.named("memory-per-frame"));
    assertEquals(List.of(Workload.MEMORY_1T_HUGE), Workload.named("memory-1t-huge"));
    assertEquals(List.of(), Workload.named("faul"));
    assertTrue(Workload.usual().stream().noneMatch(Workload.large()::contains));
  }

  @Test
  void theSampleIsUnderstoodAtEveryLength() throws IOException {
    SampleText text = SampleText.ofLines(10_000);
    assertEquals(10_000, text.lines());
    ImportReport report =
        new PerfImporter(PerfImportOptions.defaults())
            .importStream(text.open(), "sample", directory.resolve("a.eft"), ImportProgress.NONE);
    assertEquals(10_000, report.lines());
    assertEquals(List.of(), report.firstUnknownLines());
    assertTrue(report.totals().events() > 8_000, report.toString());
  }
}
