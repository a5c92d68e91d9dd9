package dev.elephantfolio.engine.sync;

import java.util.List;
import java.util.Optional;

/**
 * What happened in one run, in order.
 *
 * @param tasks their names
 * @param failure what was wrong; empty when nothing was
 */
public record Story(List<String> tasks, List<Line> lines, Optional<Throwable> failure) {
  /** What one task did. */
  public record Line(int task, String text) {}
}
