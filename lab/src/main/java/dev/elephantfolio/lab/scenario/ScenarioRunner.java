package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.thp.NearestName;
import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.lab.scenario.ScenarioReport.CallResult;
import dev.elephantfolio.lab.scenario.ScenarioReport.Failure;
import dev.elephantfolio.lab.scenario.ScenarioReport.NotedSnapshot;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.DropCachesStep;
import dev.elephantfolio.lab.scenario.Step.ExpectStep;
import dev.elephantfolio.lab.scenario.Step.KhugepagedStep;
import dev.elephantfolio.lab.scenario.Step.MachineStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import dev.elephantfolio.lab.scenario.Step.SetStep;
import dev.elephantfolio.lab.scenario.Step.SnapshotStep;
import dev.elephantfolio.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Runs a scenario on a side, to its end, whatever fails on the way. */
public final class ScenarioRunner {
  private final Scenario scenario;
  private final Side side;
  private final List<String> regions;
  private final Processes processes = new Processes();
  private final SortedMap<String, Long> countersBefore;
  private final List<CallResult> calls = new ArrayList<>();
  private final List<Failure> failures = new ArrayList<>();
  private final List<NotedSnapshot> snapshots = new ArrayList<>();
  private int expectations;

  /** The state since the last step that may have changed it. */
  private @Nullable MachineState state;

  ScenarioRunner(Scenario scenario, Side side) {
    this.scenario = scenario;
    this.side = side;
    this.regions = scenario.regions();
    this.countersBefore = side.counters();
  }

  /**
   * Runs all steps.
   *
   * @param side in the state of its beginning; stays open
   * @throws LabException for a setting that the side does not take, or a counter that it has not
   */
  public static ScenarioReport run(Scenario scenario, Side side) {
    ScenarioRunner runner = new ScenarioRunner(scenario, side);
    scenario.steps().forEach(runner::run);
    return runner.report();
  }

  /** What came of the steps run so far. */
  ScenarioReport report() {
    return new ScenarioReport(
        side.name(), scenario.file(), calls, expectations, failures, snapshots);
  }

  void run(Step step) {
    switch (step) {
      case MachineStep _ -> {}
      case SetStep set -> set(set);
      case ProcessStep process -> start(process);
      case KhugepagedStep(_, int scans) -> khugepaged(scans);
      case DropCachesStep _ -> dropCaches();
      case CallStep call -> call(call);
      case SnapshotStep(int line, String label) ->
          snapshots.add(new NotedSnapshot(line, label, snapshot()));
      case ExpectStep expect -> expect(expect);
    }
  }

  private void set(SetStep step) {
    state = null;
    try {
      side.set(step.key(), step.value());
    } catch (LabException refused) {
      throw error(step, step.key(), refused.getMessage());
    }
  }

  private LabException error(Step step, String word, String message) {
    return new LabException(scenario.position(step, word) + ": " + message);
  }

  private void start(ProcessStep step) {
    String process = step.process();
    state = null;
    try {
      side.spawn(process);
    } catch (LabException refused) {
      throw error(step, process, refused.getMessage());
    }
    processes.start(process);
  }

  private void khugepaged(int scans) {
    state = null;
    boolean _ = side.khugepaged(scans);
  }

  private void dropCaches() {
    state = null;
    side.dropCaches();
  }

  // Calls.

  private void call(CallStep step) {
    Optional<String> why =
        processes
            .whyNotCall(step.process())
            .or(() -> processes.holds().whyNotCall(step.process(), step.call()));
    if (why.isPresent()) {
      failures.add(new Failure(step.line(), step.expected().word(), why.get()));
      return;
    }
    state = null;
    Outcome outcome = take(step);
    processes.called(step.process(), step.call(), outcome.word());
    calls.add(new CallResult(step.line(), outcome));
    if (!step.expected().allows(outcome)) {
      failures.add(unexpected(step, outcome));
    }
    checkValues(step, outcome.values());
  }

  /** What the live kernel cannot be asked is a mistake of the line that asks. */
  private Outcome take(CallStep step) {
    try {
      return side.call(step.process(), step.call());
    } catch (LinuxException refused) {
      throw error(step, step.process(), refused.getMessage());
    }
  }

  private static Failure unexpected(CallStep step, Outcome outcome) {
    String where = isAccess(step.call()) && !outcome.isOk() ? " at " + outcome.where() : "";
    return new Failure(step.line(), step.expected().word(), outcome.word(), where);
  }

  /** Whether it goes from page to page and says where it was stopped. */
  private static boolean isAccess(Call call) {
    return call instanceof Call.Write
        || call instanceof Call.Read
        || call instanceof Call.ProcessVmReadv;
  }

  private void checkValues(CallStep step, List<Long> values) {
    switch (step.call()) {
      case Call.Read(Place place, _, OptionalLong expected) ->
          checkValues(step, expected, values, page -> PageRange.page(place, page));
      case Call.ProcessVmReadv(Place place, _, OptionalLong expected) ->
          checkValues(step, expected, values, page -> PageRange.page(place, page));
      case Call.Check(String name, OptionalLong expected) ->
          checkValues(step, expected, values, page -> "page " + page + " of " + name);
      default -> {}
    }
  }

  private void checkValues(
      CallStep step, OptionalLong expected, List<Long> values, IntFunction<String> placeOf) {
    for (int i = 0; i < values.size() && expected.isPresent(); i++) {
      long value = values.get(i);
      if (value != expected.getAsLong()) {
        failures.add(
            new Failure(
                step.line(),
                Long.toUnsignedString(expected.getAsLong()),
                Long.toUnsignedString(value),
                " at " + placeOf.apply(i)));
        return;
      }
    }
  }

  // Looks.

  private MachineState state() {
    MachineState now = state;
    if (now == null) {
      now = side.observe();
      state = now;
    }
    return now;
  }

  private Snapshot snapshot() {
    return Snapshot.of(state(), regions, Counters.moved(countersBefore, side.counters()));
  }

  private void expect(ExpectStep step) {
    expectations++;
    Optional<String> got =
        step.expectation() instanceof Expectation.OfCounter counter
            ? counter(step, counter)
            : missing(step.expectation())
                .or(() -> new ExpectationCheck(state(), regions).instead(step.expectation()));
    got.ifPresent(instead ->
        failures.add(new Failure(step.line(), ScenarioPrinter.print(step.expectation()), instead)));
  }

  /** The process that the expectation names, and that is not there. */
  private Optional<String> missing(Expectation expectation) {
    return switch (expectation) {
      case Expectation.OfRegion of -> processes.whyNotThere(of.process());
      case Expectation.OfProcess of -> processes.whyNotThere(of.process());
      case Expectation.OfPage of -> processes.whyNotThere(of.process());
      case Expectation.OfFrames of ->
          processes.whyNotThere(of.process()).or(() -> processes.whyNotThere(of.otherProcess()));
      case Expectation.OfCounter _ -> Optional.empty();
    };
  }

  private Optional<String> counter(ExpectStep step, Expectation.OfCounter expected) {
    SortedMap<String, Long> now = side.counters();
    Long value = now.get(expected.counter());
    if (value == null) {
      throw error(
          step,
          expected.counter(),
          "there is no counter '"
              + expected.counter()
              + "'"
              + NearestName.of(expected.counter(), now.keySet())
                  .map(name -> "; did you mean '" + name + "'?")
                  .orElse(""));
    }
    long moved = value - countersBefore.getOrDefault(expected.counter(), 0L);
    return expected.relation().holds(moved, expected.value())
        ? Optional.empty()
        : Optional.of((moved < 0 ? "- " : "+ ") + Math.abs(moved));
  }
}
