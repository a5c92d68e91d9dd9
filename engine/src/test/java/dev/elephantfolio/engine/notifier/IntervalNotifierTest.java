package dev.elephantfolio.engine.notifier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** The sequence of subscriptions to ranges, step by step. */
class IntervalNotifierTest {
  /** Remembers what it was told. */
  private static final class Probe extends IntervalNotifier {
    final List<InvalidateRange> told = new ArrayList<>();

    Probe(long startAddress, long lengthBytes) {
      super(startAddress, lengthBytes);
    }

    @Override
    protected void invalidate(InvalidateRange range, long nowSequence) {
      setSequence(nowSequence);
      told.add(range);
    }
  }

  private final IntervalNotifiers notifiers = new IntervalNotifiers();

  private static InvalidateRange range(long start, long end) {
    return new InvalidateRange(InvalidateEvent.CLEAR, start, end);
  }

  private Probe inserted(long start, long length) {
    Probe probe = new Probe(start, length);
    notifiers.insert(probe);
    return probe;
  }

  @Test
  void aQuietReadNeedsNoRetry() {
    Probe probe = inserted(100, 100);
    long begun = probe.readBegin();
    assertFalse(probe.readRetry(begun));
  }

  @Test
  void anInvalidationBetweenMakesItRetry() {
    Probe probe = inserted(100, 100);
    long begun = probe.readBegin();
    notifiers.start(range(199, 300));
    assertTrue(probe.readRetry(begun));
    notifiers.end();
    assertTrue(probe.readRetry(begun));
    assertFalse(probe.readRetry(probe.readBegin()));
  }

  @Test
  void otherRangesDoNotMatter() {
    Probe probe = inserted(100, 100);
    long begun = probe.readBegin();
    notifiers.start(range(200, 300));
    notifiers.start(range(0, 100));
    assertFalse(probe.readRetry(begun));
    assertFalse(probe.readRetry(probe.readBegin()));
    notifiers.end();
    notifiers.end();
    assertEquals(List.of(), probe.told);
  }

  @Test
  void aReadBeginsWhenTheInvalidationHasEnded() throws Exception {
    Probe probe = inserted(100, 100);
    notifiers.start(range(100, 101));
    CompletableFuture<Long> begun = CompletableFuture.supplyAsync(probe::readBegin);
    assertThrows(TimeoutException.class, () -> begun.get(50, TimeUnit.MILLISECONDS));
    notifiers.end();
    // It collided, so what was begun meanwhile must be begun once more.
    long sequence = begun.get(10, TimeUnit.SECONDS);
    assertFalse(probe.readRetry(sequence));
  }

  @Test
  void invalidationsNest() {
    Probe probe = inserted(100, 100);
    notifiers.start(range(100, 200));
    notifiers.start(range(150, 160));
    notifiers.end();
    CompletableFuture<Long> begun = CompletableFuture.supplyAsync(probe::readBegin);
    assertFalse(begun.isDone());
    notifiers.end();
    assertFalse(probe.readRetry(begun.join()));
    assertEquals(2, probe.told.size());
  }

  @Test
  void whoComesWhileSomebodyIsToldIsToldOfTheNext() {
    Probe first = inserted(100, 100);
    notifiers.start(range(100, 200));
    Probe second = new Probe(100, 100);
    notifiers.insert(second);
    notifiers.start(range(100, 200));
    assertEquals(List.of(), second.told);
    assertEquals(2, first.told.size());
    notifiers.end();
    notifiers.end();
    notifiers.start(range(100, 200));
    assertEquals(1, second.told.size());
    notifiers.end();
    assertFalse(second.readRetry(second.readBegin()));
  }

  @Test
  void whoComesWhileNobodyIsToldWaitsForTheEndAllTheSame() {
    notifiers.start(range(100, 200));
    Probe probe = inserted(100, 100);
    CompletableFuture<Long> begun = CompletableFuture.supplyAsync(probe::readBegin);
    assertFalse(begun.isDone());
    notifiers.end();
    assertFalse(probe.readRetry(begun.join()));
  }

  @Test
  void whoLeavesIsNotToldAnyMore() throws Exception {
    Probe probe = inserted(100, 100);
    notifiers.start(range(100, 200));
    CompletableFuture<Void> left = CompletableFuture.runAsync(() -> notifiers.remove(probe));
    assertThrows(TimeoutException.class, () -> left.get(50, TimeUnit.MILLISECONDS));
    notifiers.end();
    left.get(10, TimeUnit.SECONDS);
    notifiers.start(range(100, 200));
    notifiers.end();
    assertEquals(1, probe.told.size());
  }

  @Test
  void whoComesAndLeavesMeanwhileWasNeverThere() {
    Probe first = inserted(100, 100);
    notifiers.start(range(100, 200));
    Probe second = new Probe(100, 100);
    notifiers.insert(second);
    notifiers.remove(second);
    notifiers.end();
    notifiers.start(range(100, 200));
    notifiers.end();
    assertEquals(List.of(), second.told);
    assertEquals(2, first.told.size());
  }

  @Test
  void thereAreNoEmptyRanges() {
    assertThrows(IllegalArgumentException.class, () -> new Probe(100, 0));
    assertThrows(IllegalArgumentException.class, () -> new Probe(-1, 10));
    assertThrows(IllegalArgumentException.class, () -> new Probe(Long.MAX_VALUE, 10));
  }

  @Test
  void readingBelongsToASubscription() {
    assertThrows(IllegalStateException.class, new Probe(0, 1)::readBegin);
  }
}
