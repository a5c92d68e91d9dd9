package dev.elephantfolio.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.lab.Need;
import dev.elephantfolio.lab.bench.BenchResult.LiveMissing;
import dev.elephantfolio.lab.bench.BenchResult.LiveSpeed;
import dev.elephantfolio.lab.bench.BenchResult.Memory;
import dev.elephantfolio.lab.bench.BenchResult.Speed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every workload does what it says; how fast is for nobody to judge here. */
final class BenchTest {
  private static final long MIB = 1 << 20;

  @TempDir private Path cache;

  private BenchOptions tiny(Workload workload, boolean live) {
    return new BenchOptions(
        List.of(workload), live, BenchClock.WALL, 1, 2, 1_000_000, 4 * MIB, 3000, 64 * MIB, cache);
  }

  private static BenchResult measure(BenchOptions options) throws IOException {
    BenchReport report = new Bench(options, BenchObserver.NONE, _ -> {}).run();
    assertEquals(1, report.results().size());
    return report.results().getFirst();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = "MEMORY_.*")
  void speedsAreMeasured(Workload workload) throws IOException {
    Speed speed = assertInstanceOf(Speed.class, measure(tiny(workload, false)));
    assertEquals(workload, speed.workload());
    assertTrue(speed.ours().least() > 0, speed.toString());
    assertTrue(speed.ours().least() <= speed.ours().median(), speed.toString());
    assertTrue(speed.ours().median() <= speed.ours().most(), speed.toString());
    assertEquals(Optional.empty(), speed.live());
  }

  /** The frames alone: bytes of metadata are a matter of layout, not of the machine's size. */
  @Test
  void memoryOfFramesIsMeasured() throws IOException {
    Memory frame = memory(Workload.MEMORY_FRAME_4K);
    assertTrue(frame.count() > 16_000 && frame.count() <= 16_384, frame.toString());
    assertTrue(frame.heapBytes() > 20 * frame.count(), frame.toString());
    Memory mapped = memory(Workload.MEMORY_MAPPED_4K);
    assertTrue(mapped.bytesEach() > frame.bytesEach(), mapped + " against " + frame);
  }

  private Memory memory(Workload workload) throws IOException {
    return assertInstanceOf(Memory.class, measure(tiny(workload, false)));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.MATCH_NONE,
      names = {"MEMORY_.*", "RECORDING_READ", "PERF_TEXT"})
  void theLiveKernelDoesTheSame(Workload workload) throws IOException {
    Need.liveMachine();
    Speed speed = assertInstanceOf(Speed.class, measure(tiny(workload, true)));
    LiveSpeed live = assertInstanceOf(LiveSpeed.class, speed.live().orElseThrow());
    assertTrue(live.kernel().least() > 0, live.toString());
    assertTrue(live.ratio().least() > 0, live.toString());
  }

  /** Another measurement or a mistyped path must not lose the engine's figures. */
  @Test
  void whatIsMissingForTheLiveKernelIsToldInALine() throws IOException {
    Path file = Files.createFile(cache.resolve("file"));
    BenchOptions usual = tiny(Workload.FAULT_4K, true);
    BenchOptions options =
        new BenchOptions(
            usual.workloads(),
            true,
            usual.clock(),
            1,
            2,
            usual.roundNanos(),
            usual.arenaBytes(),
            usual.sampleLines(),
            usual.machineBytes(),
            file.resolve("cache"));
    Speed speed = assertInstanceOf(Speed.class, measure(options));
    LiveMissing missing = assertInstanceOf(LiveMissing.class, speed.live().orElseThrow());
    assertTrue(missing.why().startsWith(file.resolve("cache") + ": "), missing.why());
    assertEquals(1, missing.why().lines().count());
  }

  @Test
  void observersSeeTheEnd() throws IOException {
    StringBuilder seen = new StringBuilder();
    BenchReport _ =
        new Bench(
                tiny(Workload.FAULT_4K, false),
                (done, total) -> seen.append(done).append('/').append(total).append(' '),
                _ -> {})
            .run();
    assertEquals("0/1 1/1 ", seen.toString());
  }
}
