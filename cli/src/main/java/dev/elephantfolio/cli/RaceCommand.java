package dev.elephantfolio.cli;

import dev.elephantfolio.engine.sync.Exploration;
import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Schedule;
import dev.elephantfolio.engine.sync.Story;
import dev.elephantfolio.engine.sync.Strategy;
import dev.elephantfolio.engine.thp.NearestName;
import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.lab.race.Race;
import dev.elephantfolio.lab.race.RaceJson;
import dev.elephantfolio.lab.race.RaceReport;
import dev.elephantfolio.lab.race.RaceTable;
import dev.elephantfolio.lab.race.RaceText;
import dev.elephantfolio.lab.race.Races;
import dev.elephantfolio.lab.race.ScenarioRace;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code efolio race}: a few calls side by side, under very many schedules. */
@Command(
    name = "race",
    description = {
      "Run a race under very many schedules and check the machine after each; docs/race.md tells"
          + " how.",
      "A schedule that fails is told step by step, with the command that runs it again."
    },
    footer = {
      "",
      "Examples:",
      "  efolio race gup-fast-vs-split --exhaustive",
      "  efolio race gup-fast-vs-split --mutate NO_FREEZE_ON_SPLIT",
      "  efolio race --all --schedules 1000000",
    })
final class RaceCommand extends FolioCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "NAME|FILE",
      description = "A race of --list, or a scenario file with a line 'snapshot race'.")
  @Nullable String name;

  @Option(names = "--list", description = "List the races and what each must notice, and exit.")
  boolean list;

  @Option(names = "--all", description = "Run all races of --list, and tell of each in a line.")
  boolean all;

  @Mixin ScheduleOptions schedules = new ScheduleOptions();

  @Option(
      names = "--mutate",
      paramLabel = "M",
      description = "Leave a protection out, as --list names them; may be repeated.")
  List<String> mutations = List.of();

  @Option(
      names = "--schedule",
      paramLabel = "TURNS",
      description = "Run this one schedule, as a failing one was told, and tell it.")
  @Nullable String schedule;

  @Option(names = "--json", description = "As JSON; docs/race.md describes it.")
  boolean json;

  @Override
  public Integer call() {
    if (list) {
      list();
      return ExitCode.DONE;
    }
    Set<Mutation> without = without();
    if (all) {
      return exploreAll(without);
    }
    Race race = race();
    return schedule == null ? explore(race, without) : replay(race, without, schedule);
  }

  private void list() {
    if (json) {
      printJson(RaceJson.of(Races.all()));
      return;
    }
    for (Race race : Races.all()) {
      out().println(race.name());
      out().println(Paragraph.of("    ", race.shows()));
      out()
          .println(
              "    notices "
                  + race.mustCatch().stream()
                      .sorted()
                      .map(Mutation::name)
                      .collect(Collectors.joining(", ")));
    }
  }

  private Race race() {
    String wanted = name;
    if (wanted == null) {
      throw new BadInputException("which race? 'efolio race --list' names those that there are");
    }
    return Races.named(wanted).or(() -> ofFile(wanted)).orElseThrow(() -> unknown(wanted));
  }

  private static Optional<Race> ofFile(String file) {
    Path path = Path.of(file);
    return Files.exists(path)
        ? Optional.of(ScenarioRace.of(ScenarioParser.read(path)))
        : Optional.empty();
  }

  private static BadInputException unknown(String wanted) {
    List<String> names = Races.all().stream().map(Race::name).toList();
    return new BadInputException(
        "no race and no file '"
            + wanted
            + "'"
            + meant(wanted, names)
            + "; 'efolio race --list' names those that there are");
  }

  private static String meant(String wanted, List<String> names) {
    return NearestName.of(wanted, names).map(near -> "; did you mean '" + near + "'?").orElse("");
  }

  private Set<Mutation> without() {
    Set<Mutation> without = EnumSet.noneOf(Mutation.class);
    mutations.forEach(word -> without.add(mutation(word)));
    return without;
  }

  private static Mutation mutation(String word) {
    String constant = word.toUpperCase(Locale.ROOT).replace('-', '_');
    List<String> names = Arrays.stream(Mutation.values()).map(Mutation::name).toList();
    if (!names.contains(constant)) {
      throw new BadInputException(
          "no protection '"
              + word
              + "'"
              + meant(constant, names)
              + "; those that there are: "
              + String.join(", ", names));
    }
    return Mutation.valueOf(constant);
  }

  // Many schedules.

  private Integer explore(Race race, Set<Mutation> without) {
    RaceReport report = report(race, without);
    if (json) {
      printJson(RaceJson.of(report));
    } else {
      out().print(RaceText.of(report));
    }
    return report.failed() ? ExitCode.NO : ExitCode.DONE;
  }

  private RaceReport report(Race race, Set<Mutation> without) {
    Strategy chosen = schedules.strategy();
    ExplorationResult result = explore(race, without, chosen, schedules.most(chosen));
    return RaceReport.of(race, without, chosen, result);
  }

  private ExplorationResult explore(Race race, Set<Mutation> without, Strategy chosen, long most) {
    String doing = all ? race.name() : "running";
    try (ProgressLine line = progress(doing, n -> Amounts.count(n) + " schedules")) {
      long total = most == Long.MAX_VALUE ? 0 : most;
      Exploration.Progress progress = done -> line.at(done, total);
      return race.explore(without, chosen, most, progress);
    }
  }

  // All races.

  private Integer exploreAll(Set<Mutation> without) {
    if (name != null || schedule != null) {
      throw new BadInputException("--all takes neither a race nor --schedule");
    }
    Strategy chosen = schedules.strategy();
    long most = schedules.most(chosen);
    RaceTable table = new RaceTable(Races.all());
    tell(table.header());
    for (Race race : Races.all()) {
      long startNanos = System.nanoTime();
      ExplorationResult result = explore(race, without, chosen, most);
      long nanos = System.nanoTime() - startNanos;
      tell(table.row(RaceReport.of(race, without, chosen, result), nanos));
    }
    tell(table.end());
    if (json) {
      printJson(table.json());
    }
    return table.failed() ? ExitCode.NO : ExitCode.DONE;
  }

  /** At once: the next race may take long. */
  private void tell(String text) {
    if (!json) {
      out().print(text);
      out().flush();
    }
  }

  // One schedule.

  private Integer replay(Race race, Set<Mutation> without, String turns) {
    Story story = race.replay(without, parsed(turns, race));
    if (json) {
      printJson(RaceJson.of(story));
    } else {
      out().print(RaceText.of(story));
    }
    return story.failure().isPresent() ? ExitCode.NO : ExitCode.DONE;
  }

  private static Schedule parsed(String turns, Race race) {
    Schedule schedule;
    try {
      schedule = Schedule.parse(turns);
    } catch (IllegalArgumentException bad) {
      throw new BadInputException("--schedule: " + bad.getMessage());
    }
    int tasks = race.tasks();
    if (schedule.tasks() > tasks) {
      throw new BadInputException(
          "--schedule: no task "
              + (schedule.tasks() - 1)
              + ": the race has "
              + tasks
              + ", numbered from 0");
    }
    return schedule;
  }
}
