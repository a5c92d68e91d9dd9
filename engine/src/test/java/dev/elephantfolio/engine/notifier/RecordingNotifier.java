package dev.elephantfolio.engine.notifier;

import java.util.ArrayList;
import java.util.List;

/** Writes down what it is told, in pages from an address on; starts only, and checks the ends. */
final class RecordingNotifier implements MmuNotifier {
  /** Nothing but stacks is mapped from here on. */
  private static final long STACKS = 0x7ff0_0000_0000L;

  private final long base;
  private final List<String> told = new ArrayList<>();
  private final List<InvalidateRange> open = new ArrayList<>();
  private final List<Long> testedYoung = new ArrayList<>();
  private int releases;

  RecordingNotifier(long base) {
    this.base = base;
  }

  @Override
  public synchronized void invalidateRangeStart(InvalidateRange range) {
    told.add(range.event() + " " + places(range));
    open.add(range);
  }

  private String places(InvalidateRange range) {
    if (range.startAddress() >= STACKS) {
      return "stack";
    }
    return ((range.startAddress() - base) >> 12) + "-" + ((range.endAddress() - base) >> 12);
  }

  @Override
  public synchronized void invalidateRangeEnd(InvalidateRange range) {
    if (!open.remove(range)) {
      throw new AssertionError("an end without a start: " + range);
    }
  }

  @Override
  public synchronized boolean testYoung(long address) {
    testedYoung.add((address - base) >> 12);
    return false;
  }

  @Override
  public synchronized void release() {
    releases++;
    told.add("release");
  }

  synchronized List<Long> testedYoung() {
    return List.copyOf(testedYoung);
  }

  synchronized int releases() {
    return releases;
  }

  /** What was told since the last call, in one line. */
  synchronized String take() {
    if (!open.isEmpty()) {
      throw new AssertionError("starts without an end: " + open);
    }
    String all = String.join(", ", told);
    told.clear();
    return all;
  }
}
