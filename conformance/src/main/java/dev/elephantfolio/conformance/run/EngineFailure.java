package dev.elephantfolio.conformance.run;

import dev.elephantfolio.conformance.compare.Difference;
import dev.elephantfolio.lab.scenario.ScenarioPrinter;
import dev.elephantfolio.lab.scenario.Step;

/** An engine that throws what no user of Linux meets differs from the kernel, too. */
final class EngineFailure {
  private EngineFailure() {}

  static Difference difference(Step step, Throwable failure) {
    String where = "line " + step.line() + ", " + ScenarioPrinter.print(step);
    return new Difference(kind(failure), where, String.valueOf(failure), "goes on");
  }

  /** The same for the same mistake: what was thrown, and by whom. */
  private static String kind(Throwable failure) {
    if (failure instanceof Hang) {
      return "engine hangs";
    }
    StackTraceElement[] trace = failure.getStackTrace();
    String by =
        trace.length == 0
            ? ""
            : " in " + simple(trace[0].getClassName()) + "." + trace[0].getMethodName();
    return "engine failure " + failure.getClass().getSimpleName() + by;
  }

  private static String simple(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }
}
