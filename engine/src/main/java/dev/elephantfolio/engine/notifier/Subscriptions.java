package dev.elephantfolio.engine.notifier;

import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.SpinLock;
import dev.elephantfolio.engine.tlb.TranslationGate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who subscribed to one address space. Made for the first and kept to the end.
 *
 * <pre>
 *  field           | guarded by
 *  ----------------+-----------------------------------------------------------
 *  notifiers, tlbs | lock for writing; the arrays never change, so readers need
 *                  | none, but read within {@code calls}
 *  intervals       | set under all locks of the address space
 * </pre>
 *
 * The gate {@code calls} plays the part of SRCU: a subscriber has left when every call that began
 * before it was taken out is over.
 */
final class Subscriptions {
  private static final MmuNotifier[] NO_NOTIFIERS = {};
  private static final SecondaryTlb[] NO_TLBS = {};

  private final Cpus cpus;
  private final TranslationGate calls;
  private final SpinLock lock = new SpinLock(LockRank.NOTIFIER_LIST);
  private volatile MmuNotifier[] notifiers = NO_NOTIFIERS;
  private volatile SecondaryTlb[] tlbs = NO_TLBS;
  private volatile @Nullable IntervalNotifiers intervals;

  Subscriptions(Cpus cpus) {
    this.cpus = cpus;
    this.calls = new TranslationGate(cpus);
  }

  void start(InvalidateRange range) {
    IntervalNotifiers toRanges = intervals;
    if (toRanges != null) {
      toRanges.start(range);
    }
    int cpu = cpus.current();
    calls.enter(cpu);
    for (MmuNotifier notifier : notifiers) {
      notifier.invalidateRangeStart(range);
    }
    calls.exit(cpu);
  }

  void end(InvalidateRange range) {
    IntervalNotifiers toRanges = intervals;
    if (toRanges != null) {
      toRanges.end();
    }
    int cpu = cpus.current();
    calls.enter(cpu);
    for (MmuNotifier notifier : notifiers) {
      notifier.invalidateRangeEnd(range);
    }
    calls.exit(cpu);
  }

  void invalidateSecondaryTlbs(long startAddress, long endAddress) {
    int cpu = cpus.current();
    calls.enter(cpu);
    for (SecondaryTlb tlb : tlbs) {
      tlb.invalidateSecondaryTlbs(startAddress, endAddress);
    }
    calls.exit(cpu);
  }

  boolean clearFlushYoung(long startAddress, long endAddress) {
    boolean young = false;
    int cpu = cpus.current();
    calls.enter(cpu);
    for (MmuNotifier notifier : notifiers) {
      young |= notifier.clearFlushYoung(startAddress, endAddress);
    }
    calls.exit(cpu);
    return young;
  }

  boolean clearYoung(long startAddress, long endAddress) {
    boolean young = false;
    int cpu = cpus.current();
    calls.enter(cpu);
    for (MmuNotifier notifier : notifiers) {
      young |= notifier.clearYoung(startAddress, endAddress);
    }
    calls.exit(cpu);
    return young;
  }

  boolean testYoung(long address) {
    boolean young = false;
    int cpu = cpus.current();
    calls.enter(cpu);
    for (MmuNotifier notifier : notifiers) {
      young = young || notifier.testYoung(address);
    }
    calls.exit(cpu);
    return young;
  }

  /** Tells everybody that the address space ends, and forgets all but those of ranges. */
  void release() {
    IntervalNotifiers toRanges = intervals;
    if (toRanges != null) {
      InvalidateRange all = new InvalidateRange(InvalidateEvent.RELEASE, 0, InvalidateRange.NO_END);
      toRanges.start(all);
      toRanges.end();
    }
    subscribers().forEach(Subscriber::release);
    lock.lock();
    notifiers = NO_NOTIFIERS;
    tlbs = NO_TLBS;
    lock.unlock();
    calls.flush();
  }

  List<Subscriber> subscribers() {
    List<Subscriber> all = new ArrayList<>();
    all.addAll(Arrays.asList(notifiers));
    all.addAll(Arrays.asList(tlbs));
    return all;
  }

  void check() {
    subscribers().forEach(Subscriber::check);
    IntervalNotifiers toRanges = intervals;
    if (toRanges != null) {
      toRanges.check();
    }
  }

  void add(Subscriber subscriber) {
    lock.lock();
    switch (subscriber) {
      case MmuNotifier notifier -> {
        MmuNotifier[] more = Arrays.copyOf(notifiers, notifiers.length + 1);
        more[more.length - 1] = notifier;
        notifiers = more;
      }
      case SecondaryTlb tlb -> {
        SecondaryTlb[] more = Arrays.copyOf(tlbs, tlbs.length + 1);
        more[more.length - 1] = tlb;
        tlbs = more;
      }
    }
    lock.unlock();
  }

  /** Takes a subscriber out, if it is in still; returns when no call of it is under way. */
  void remove(Subscriber subscriber) {
    lock.lock();
    List<MmuNotifier> keptNotifiers = new ArrayList<>(Arrays.asList(notifiers));
    List<SecondaryTlb> keptTlbs = new ArrayList<>(Arrays.asList(tlbs));
    keptNotifiers.remove(subscriber);
    keptTlbs.remove(subscriber);
    notifiers = keptNotifiers.toArray(NO_NOTIFIERS);
    tlbs = keptTlbs.toArray(NO_TLBS);
    lock.unlock();
    calls.flush();
  }

  /** The subscriptions to ranges, from now on told of everything. */
  IntervalNotifiers ensureIntervals() {
    IntervalNotifiers known = intervals;
    if (known == null) {
      known = new IntervalNotifiers();
      intervals = known;
    }
    return known;
  }

  @Nullable IntervalNotifiers intervals() {
    return intervals;
  }
}
