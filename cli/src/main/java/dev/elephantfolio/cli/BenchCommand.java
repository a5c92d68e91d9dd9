package dev.elephantfolio.cli;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.lab.bench.Bench;
import dev.elephantfolio.lab.bench.BenchClock;
import dev.elephantfolio.lab.bench.BenchJson;
import dev.elephantfolio.lab.bench.BenchOptions;
import dev.elephantfolio.lab.bench.BenchReport;
import dev.elephantfolio.lab.bench.BenchTable;
import dev.elephantfolio.lab.bench.Workload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code efolio bench}: how fast the engine is, beside the live kernel, and what memory it needs.
 */
@Command(
    name = "bench",
    description = {
      "Measure how many operations a second the engine does, how fast recordings are read, and what"
          + " memory a simulated machine needs.",
      "With --live the same operations are run on the live kernel in turns with the engine's. It"
          + " needs root where settings must be changed, which are put back whatever happens, and"
          + " cc to compile a small program on first use."
    },
    footer = {
      "",
      "docs/performance.md tells what is measured, how, and what came of it.",
      "",
      "Example:",
      "  efolio bench --live fault-4k munmap",
    })
final class BenchCommand extends FolioCommand {
  @Parameters(
      arity = "0..*",
      paramLabel = "NAME",
      description = "What to measure: a name, or the beginning of several. Default: all.")
  List<String> names = List.of();

  @Option(names = "--list", description = "List the names and exit.")
  boolean list;

  @Option(names = "--live", description = "Run the same operations on the live kernel.")
  boolean live;

  @Option(
      names = "--large",
      description = "Also what needs much memory or time: machines of 1 TiB.")
  boolean large;

  @Option(
      names = "--wall",
      description = "Measure the time that passes, not the CPU time of the thread that works.")
  boolean wall;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Rounds that are measured; the middle one is reported. Default: 7.")
  int rounds = 7;

  @Option(names = "--json", description = "As JSON; docs/performance.md describes it.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    if (list) {
      list();
      return ExitCode.DONE;
    }
    BenchReport report = measure(options());
    if (json) {
      printJson(BenchJson.of(report));
    } else {
      out().print(BenchTable.of(report));
    }
    return ExitCode.DONE;
  }

  private void list() {
    Stream.concat(Workload.usual().stream(), Workload.large().stream())
        .forEach(workload -> out().printf("%-20s %s%n", workload.label(), workload.operation()));
  }

  private BenchOptions options() {
    if (rounds < 1) {
      throw new BadInputException("--rounds " + rounds + ": it takes at least 1");
    }
    return BenchOptions.of(workloads())
        .withLive(live)
        .withClock(wall ? BenchClock.WALL : BenchClock.THREAD_CPU)
        .withRounds(rounds);
  }

  private List<Workload> workloads() {
    Set<Workload> chosen = new LinkedHashSet<>();
    names.forEach(name -> chosen.addAll(named(name)));
    if (names.isEmpty()) {
      chosen.addAll(Workload.usual());
    }
    if (large) {
      chosen.addAll(Workload.large());
    }
    return new ArrayList<>(chosen);
  }

  private static List<Workload> named(String name) {
    List<Workload> found = Workload.named(name);
    if (found.isEmpty()) {
      throw new BadInputException(
          "no measurement '"
              + name
              + "'; there are "
              + Stream.of(Workload.values())
                  .map(Workload::label)
                  .collect(Collectors.joining(", ")));
    }
    return found;
  }

  private BenchReport measure(BenchOptions options) throws IOException {
    try (ProgressLine progress = progress("measuring", n -> Amounts.count(n) + " done")) {
      return new Bench(options, progress::at, this::say).run();
    }
  }
}
