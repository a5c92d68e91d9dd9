package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SyncPoints;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.lab.scenario.ScenarioReport.Failure;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.DropCachesStep;
import dev.elephantfolio.lab.scenario.Step.ExpectStep;
import dev.elephantfolio.lab.scenario.Step.KhugepagedStep;
import dev.elephantfolio.lab.scenario.Step.MachineStep;
import dev.elephantfolio.lab.scenario.Step.SnapshotStep;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A scenario of which a part is run side by side: what stands between {@code snapshot race} and the
 * next expectation or snapshot.
 *
 * <pre>
 *  machine memory=64M cpus=2
 *  process A                    set-up, in order
 *  A mmap a 16K
 *  A write a 16K 7
 *  A fork B
 *  snapshot race
 *  A write a 4K 8               one task of A's calls
 *  B split a 16K 0              one task of B's calls
 *  B write a+4K 4K 9
 *  khugepaged 1                 one task of khugepaged's
 *  expect A a AnonHugePages = 0 checked at the end, in order, as are calls that follow
 * </pre>
 *
 * Each task does its lines in their order. One is for one schedule.
 */
public final class SideBySide {
  private static final String LABEL = "race";
  private static final String KHUGEPAGED = "khugepaged";
  private static final String DROP_CACHES = "drop_caches";
  private static final long MEMORY_BYTES = 64L << 20;

  private final Machine machine;
  private final ScenarioRunner runner;
  private final Map<String, List<Step>> lines = new LinkedHashMap<>();
  private final List<Step> after;

  private SideBySide(Scenario scenario, Machine machine, int begin, int end) {
    this.machine = machine;
    this.runner = new ScenarioRunner(scenario, EngineSide.on(machine));
    List<Step> steps = scenario.steps();
    steps.subList(0, begin).forEach(runner::run);
    for (Step step : steps.subList(begin + 1, end)) {
      lines.computeIfAbsent(task(scenario, step), _ -> new ArrayList<>()).add(step);
    }
    this.after = steps.subList(end, steps.size());
  }

  /**
   * Does the set-up of {@code scenario}, on a machine without some protections.
   *
   * @throws LabException when the scenario has no part to be run side by side, or less than two
   *     tasks in it, or something in it that is no task's, or uses shared memory
   */
  public static SideBySide of(Scenario scenario, Collection<Mutation> without) {
    List<Step> steps = scenario.steps();
    steps.forEach(step -> refuseShared(scenario, step));
    int begin = begin(scenario);
    int end = begin + 1;
    while (end < steps.size() && !endsTasks(steps.get(end))) {
      end++;
    }
    SideBySide made = new SideBySide(scenario, machine(scenario, without), begin, end);
    if (made.lines.size() < 2) {
      throw error(scenario, steps.get(begin), "of fewer than two processes there is no race");
    }
    return made;
  }

  /** The page cache waits in ways that a scheduler does not see. */
  private static void refuseShared(Scenario scenario, Step step) {
    if (step instanceof CallStep(_, _, Call.Mmap mmap, _) && mmap.shared()) {
      throw error(scenario, step, "shared memory cannot take part in a race yet");
    }
  }

  private static int begin(Scenario scenario) {
    List<Step> steps = scenario.steps();
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i) instanceof SnapshotStep(_, String label) && label.equals(LABEL)) {
        return i;
      }
    }
    throw new LabException(
        scenario.file()
            + ": no line 'snapshot race': what follows it, up to the next expect or snapshot, is"
            + " run side by side");
  }

  private static boolean endsTasks(Step step) {
    return step instanceof SnapshotStep || step instanceof ExpectStep;
  }

  private static Machine machine(Scenario scenario, Collection<Mutation> without) {
    MachineStep step = scenario.machine();
    long memoryBytes = step.line() == 0 ? MEMORY_BYTES : step.memoryBytes();
    return Machine.builder()
        .memoryBytes(memoryBytes)
        .cpus(step.cpus())
        .contents(ContentsKind.BYTES)
        .without(without)
        .build();
  }

  private static String task(Scenario scenario, Step step) {
    return switch (step) {
      case CallStep call -> call.process();
      case KhugepagedStep _ -> KHUGEPAGED;
      case DropCachesStep _ -> DROP_CACHES;
      default -> throw error(scenario, step, "no task does this; put it before 'snapshot race'");
    };
  }

  private static LabException error(Scenario scenario, Step step, String message) {
    return new LabException(scenario.file() + ":" + step.line() + ": " + message);
  }

  public Machine machine() {
    return machine;
  }

  /** A task for each process and daemon that has a line to do. */
  public List<Task> tasks() {
    List<Task> tasks = new ArrayList<>();
    lines.forEach((name, steps) -> tasks.add(new Task(name, () -> steps.forEach(this::run))));
    return tasks;
  }

  private void run(Step step) {
    SyncPoints.note(() -> "line " + step.line() + ": " + ScenarioPrinter.print(step));
    runner.run(step);
  }

  /** Does the rest; what did not hold, or was not as it should be, in any part. */
  public Optional<String> finish() {
    after.forEach(runner::run);
    return runner.report().failures().stream().findFirst().map(SideBySide::told);
  }

  private static String told(Failure failure) {
    return "line " + failure.line() + ": " + failure.told();
  }
}
