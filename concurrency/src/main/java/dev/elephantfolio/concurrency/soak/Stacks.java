package dev.elephantfolio.concurrency.soak;

import java.util.Map;

/** What every thread is doing now, as text. */
final class Stacks {
  private Stacks() {}

  static String all() {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<Thread, StackTraceElement[]> stack : Thread.getAllStackTraces().entrySet()) {
      text.append("\n").append(stack.getKey().getName());
      for (StackTraceElement frame : stack.getValue()) {
        text.append("\n  at ").append(frame);
      }
    }
    return text.toString();
  }
}
