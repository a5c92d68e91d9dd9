package dev.elephantfolio.lab.scenario;

/** One line of a scenario. */
public sealed interface Step {
  /** Counted from 1; 0 for a step that was not read from a file. */
  int line();

  /** The engine's machine; another side has its own. The first step, if there is one. */
  record MachineStep(int line, long memoryBytes, int cpus) implements Step {
    public static final MachineStep STANDARD = new MachineStep(0, 4L << 30, 2);
  }

  /** Writes a setting by the kernel's name. */
  record SetStep(int line, String key, String value) implements Step {}

  /** Starts a process. */
  record ProcessStep(int line, String process) implements Step {}

  /** Waits for that many more full scans of khugepaged. */
  record KhugepagedStep(int line, int scans) implements Step {}

  /**
   * Drops clean caches, and has the shrinkers work off the deferred-split queue as under memory
   * pressure.
   */
  record DropCachesStep(int line) implements Step {}

  /** A process does something. */
  record CallStep(int line, String process, Call call, Expected expected) implements Step {}

  /** Notes the whole state; the label may be empty. */
  record SnapshotStep(int line, String label) implements Step {}

  /** Something must hold. */
  record ExpectStep(int line, Expectation expectation) implements Step {}

  /** The same step in another line. */
  default Step atLine(int line) {
    return switch (this) {
      case MachineStep step -> new MachineStep(line, step.memoryBytes(), step.cpus());
      case SetStep step -> new SetStep(line, step.key(), step.value());
      case ProcessStep step -> new ProcessStep(line, step.process());
      case KhugepagedStep step -> new KhugepagedStep(line, step.scans());
      case DropCachesStep _ -> new DropCachesStep(line);
      case CallStep step -> new CallStep(line, step.process(), step.call(), step.expected());
      case SnapshotStep step -> new SnapshotStep(line, step.label());
      case ExpectStep step -> new ExpectStep(line, step.expectation());
    };
  }
}
