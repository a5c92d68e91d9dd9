package dev.elephantfolio.conformance.shrink;

import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.LockAll;
import dev.elephantfolio.lab.scenario.MapOption;
import dev.elephantfolio.lab.scenario.Place;
import dev.elephantfolio.lab.scenario.Protection;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Steps that say less than a given one: shorter ranges, rounder places, fewer options. Each is
 * simpler by an order that ends, so that trying them again and again does.
 */
final class Simpler {
  private static final long PAGE = 4 << 10;
  private static final long HUGE = 2 << 20;
  private static final long[] ROUND_LENGTHS = {
    PAGE, 2 * PAGE, 16 << 10, 64 << 10, 512 << 10, HUGE / 2, HUGE, 2 * HUGE
  };
  private static final long[] ROUND_PLACES = {HUGE, HUGE / 2, 64 << 10, 16 << 10, PAGE};

  private Simpler() {}

  static List<Step> than(Step step) {
    if (!(step instanceof CallStep call)) {
      return List.of();
    }
    List<Step> steps = new ArrayList<>();
    if (call.call() instanceof Call.Fork(String child)) {
      // A process of no relation needs no parent.
      steps.add(new ProcessStep(call.line(), child));
    }
    for (Call simpler : than(call.call())) {
      steps.add(new CallStep(call.line(), call.process(), simpler, call.expected()));
    }
    return steps;
  }

  private static List<Call> than(Call call) {
    return switch (call) {
      case Call.Mmap mmap -> mmap(mmap);
      case Call.Mremap mremap -> mremap(mremap);
      case Call.Munmap(Place place, long length) -> ranges(place, length, Call.Munmap::new);
      case Call.Mlock(Place place, long length) -> ranges(place, length, Call.Mlock::new);
      case Call.Munlock(Place place, long length) -> ranges(place, length, Call.Munlock::new);
      case Call.Mprotect(Place place, long length, Protection protection) ->
          ranges(place, length, (p, n) -> new Call.Mprotect(p, n, protection));
      case Call.Madvise madvise ->
          ranges(
              madvise.place(),
              madvise.lengthBytes(),
              (p, n) -> new Call.Madvise(p, n, madvise.advice()));
      case Call.Write(Place place, long length, long value) ->
          ranges(place, length, (p, n) -> new Call.Write(p, n, value));
      case Call.Read read ->
          ranges(read.place(), read.lengthBytes(), (p, n) -> new Call.Read(p, n, read.expected()));
      case Call.ProcessVmReadv(Place place, long length, OptionalLong expected) ->
          ranges(place, length, (p, n) -> new Call.ProcessVmReadv(p, n, expected));
      case Call.Split(Place place, long length, int order) ->
          ranges(place, length, (p, n) -> new Call.Split(p, n, order));
      case Call.Pin pin ->
          ranges(
              pin.place(),
              pin.lengthBytes(),
              (p, n) -> new Call.Pin(p, n, pin.name(), pin.options()));
      case Call.Vmsplice(Place place, long length, String name) ->
          ranges(place, length, (p, n) -> new Call.Vmsplice(p, n, name));
      case Call.Unpin _, Call.Check _, Call.Fill _ -> List.of();
      case Call.Mlockall(Set<LockAll> what) -> lockAll(what);
      case Call.Brk(long delta) -> heap(delta);
      case Call.Vfork(String child) -> List.of(new Call.Fork(child));
      case Call.Munlockall _, Call.Prctl _, Call.Fork _, Call.Exec _, Call.Exit _ -> List.of();
    };
  }

  private static List<Call> ranges(
      Place place, long length, BiFunction<Place, Long, ? extends Call> call) {
    List<Call> simpler = new ArrayList<>();
    for (long shorter : shorter(length)) {
      simpler.add(call.apply(place, shorter));
    }
    for (Place rounder : rounder(place)) {
      simpler.add(call.apply(rounder, length));
      simpler.add(call.apply(rounder, length + place.offsetBytes() - rounder.offsetBytes()));
    }
    return simpler;
  }

  private static List<Long> shorter(long length) {
    List<Long> shorter = new ArrayList<>();
    for (long round : ROUND_LENGTHS) {
      if (Long.compareUnsigned(round, length) < 0) {
        shorter.add(round);
      }
    }
    return shorter;
  }

  /** The same region, at rounder offsets below. */
  private static List<Place> rounder(Place place) {
    List<Place> rounder = new ArrayList<>();
    if (place.offsetBytes() != 0) {
      rounder.add(new Place(place.region(), place.number(), 0));
    }
    for (long round : ROUND_PLACES) {
      long offset = place.offsetBytes() & -round;
      if (offset != 0 && offset != place.offsetBytes()) {
        rounder.add(new Place(place.region(), place.number(), offset));
      }
    }
    return rounder;
  }

  private static List<Call> mmap(Call.Mmap call) {
    List<Call> simpler = new ArrayList<>();
    for (MapOption option : call.options()) {
      EnumSet<MapOption> fewer = EnumSet.copyOf(call.options());
      fewer.remove(option);
      simpler.add(
          mmap(call, call.place(), call.lengthBytes(), call.protection(), call.shared(), fewer));
    }
    if (call.shared()) {
      simpler.add(
          mmap(call, call.place(), call.lengthBytes(), call.protection(), false, call.options()));
    }
    if (call.protection() != Protection.RW) {
      simpler.add(
          mmap(
              call,
              call.place(),
              call.lengthBytes(),
              Protection.RW,
              call.shared(),
              call.options()));
    }
    simpler.addAll(
        ranges(
            call.place(),
            call.lengthBytes(),
            (p, n) -> mmap(call, p, n, call.protection(), call.shared(), call.options())));
    return simpler;
  }

  private static Call.Mmap mmap(
      Call.Mmap call,
      Place place,
      long length,
      Protection protection,
      boolean shared,
      Set<MapOption> options) {
    return new Call.Mmap(place, length, protection, shared, call.placement(), options);
  }

  private static List<Call> mremap(Call.Mremap call) {
    List<Call> simpler = new ArrayList<>();
    if (call.dontUnmap()) {
      simpler.add(
          mremap(
              call, call.place(), call.oldLengthBytes(), call.newLengthBytes(), call.to(), false));
    }
    if (call.newLengthBytes() != call.oldLengthBytes()) {
      simpler.add(
          mremap(
              call,
              call.place(),
              call.oldLengthBytes(),
              call.oldLengthBytes(),
              call.to(),
              call.dontUnmap()));
    }
    for (long shorter : shorter(call.oldLengthBytes())) {
      boolean same = call.newLengthBytes() == call.oldLengthBytes();
      long newLength = same ? shorter : call.newLengthBytes();
      simpler.add(mremap(call, call.place(), shorter, newLength, call.to(), call.dontUnmap()));
    }
    for (Place rounder : rounder(call.place())) {
      simpler.add(
          mremap(
              call,
              rounder,
              call.oldLengthBytes(),
              call.newLengthBytes(),
              call.to(),
              call.dontUnmap()));
    }
    call.to()
        .ifPresent(to -> {
          for (Place rounder : rounder(to)) {
            simpler.add(
                mremap(
                    call,
                    call.place(),
                    call.oldLengthBytes(),
                    call.newLengthBytes(),
                    Optional.of(rounder),
                    call.dontUnmap()));
          }
        });
    return simpler;
  }

  private static Call mremap(
      Call.Mremap call,
      Place place,
      long oldLength,
      long newLength,
      Optional<Place> to,
      boolean dontUnmap) {
    return new Call.Mremap(place, oldLength, newLength, call.mayMove(), to, dontUnmap);
  }

  private static List<Call> lockAll(Set<LockAll> what) {
    List<Call> simpler = new ArrayList<>();
    for (LockAll bit : what) {
      if (what.size() > 1) {
        EnumSet<LockAll> fewer = EnumSet.copyOf(what);
        fewer.remove(bit);
        simpler.add(new Call.Mlockall(fewer));
      }
    }
    return simpler;
  }

  private static List<Call> heap(long delta) {
    List<Call> simpler = new ArrayList<>();
    for (long shorter : shorter(Math.abs(delta))) {
      simpler.add(new Call.Brk(delta < 0 ? -shorter : shorter));
    }
    return simpler;
  }
}
