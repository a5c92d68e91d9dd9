package dev.elephantfolio.lab.bench;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.lab.bench.BenchResult.LiveMissing;
import dev.elephantfolio.lab.bench.BenchResult.LiveSpeed;
import dev.elephantfolio.lab.bench.BenchResult.Memory;
import dev.elephantfolio.lab.bench.BenchResult.Skipped;
import dev.elephantfolio.lab.bench.BenchResult.Speed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A measurement for people to read. */
public final class BenchTable {
  private static final String SPEED = "%-15s %11s %6s";
  private static final String LIVE = " %11s %6s %8s";
  private static final String MEMORY = "%-22s %13s %11s  %s";

  private final BenchReport report;
  private final StringBuilder text = new StringBuilder();

  private BenchTable(BenchReport report) {
    this.report = report;
  }

  /** Lines of at most 110 columns, but for those that tell what is missing. */
  public static String of(BenchReport report) {
    BenchTable table = new BenchTable(report);
    table.heading();
    table.speeds();
    table.memory();
    table.missing();
    return table.text.toString();
  }

  private void line(String line) {
    text.append(line.stripTrailing()).append('\n');
  }

  private void heading() {
    String clock =
        report.options().clock() == BenchClock.WALL ? "wall-clock time" : "the thread's CPU time";
    line(
        "Linux "
            + report.kernelRelease()
            + ", Java "
            + report.javaVersion()
            + ", "
            + report.processors()
            + " processors; by "
            + clock
            + ", the middle one of "
            + report.options().rounds()
            + " rounds");
  }

  private void speeds() {
    List<Speed> speeds = results(Speed.class);
    if (speeds.isEmpty()) {
      return;
    }
    boolean live = speeds.stream().anyMatch(speed -> speed.live().isPresent());
    line("");
    line(
        SPEED.formatted("", "engine", "spread")
            + (live ? LIVE.formatted("kernel", "spread", "ratio") : "")
            + "  of");
    for (Speed speed : speeds) {
      line(
          SPEED.formatted(
                  speed.workload().label(), rate(speed.ours().median()), width(speed.ours()))
              + (live ? live(speed) : "")
              + "  "
              + speed.workload().operation());
    }
  }

  private static String live(Speed speed) {
    return speed.live().orElse(null) instanceof LiveSpeed both
        ? LIVE.formatted(
            rate(both.kernel().median()),
            width(both.kernel()),
            String.format(Locale.ROOT, "%.1f×", both.ratio().median()))
        : LIVE.formatted("", "", "");
  }

  private static String width(Spread spread) {
    return String.format(Locale.ROOT, "%.0f%%", spread.width() * 100);
  }

  /** Such as {@code 5.31 M/s}. */
  static String rate(double perSecond) {
    if (perSecond >= 1e6) {
      return String.format(Locale.ROOT, "%.2f M/s", perSecond / 1e6);
    }
    return perSecond >= 1e3
        ? String.format(Locale.ROOT, "%.1f k/s", perSecond / 1e3)
        : String.format(Locale.ROOT, "%.0f /s", perSecond);
  }

  private void memory() {
    List<Memory> results = results(Memory.class);
    if (results.isEmpty()) {
      return;
    }
    line("");
    line(MEMORY.formatted("", "heap for each", "heap", "of"));
    for (Memory memory : results) {
      line(
          MEMORY.formatted(
              memory.workload().label(),
              String.format(Locale.ROOT, "%.1f B", memory.bytesEach()),
              Amounts.bytes(memory.heapBytes()),
              memory.workload().operation()));
    }
  }

  /** Each thing that is missing once, with the workloads that miss it. */
  private void missing() {
    Map<String, List<String>> reasons = new LinkedHashMap<>();
    for (Speed speed : results(Speed.class)) {
      if (speed.live().orElse(null) instanceof LiveMissing live) {
        add(reasons, "kernel not measured: " + live.why(), speed.workload());
      }
    }
    for (Skipped skipped : results(Skipped.class)) {
      add(reasons, "not measured: " + skipped.why(), skipped.workload());
    }
    if (!reasons.isEmpty()) {
      line("");
      reasons.forEach((why, names) -> line(String.join(", ", names) + ": " + why));
    }
  }

  private static void add(Map<String, List<String>> reasons, String why, Workload workload) {
    reasons.computeIfAbsent(why, _ -> new ArrayList<>()).add(workload.label());
  }

  private <T extends BenchResult> List<T> results(Class<T> kind) {
    Predicate<BenchResult> ofKind = kind::isInstance;
    return report.results().stream().filter(ofKind).map(kind::cast).collect(Collectors.toList());
  }
}
