package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.ExpectStep;
import java.util.Map;

/** Gives the regions of a step other numbers, by name. */
final class Renumbering {
  private final Map<String, Integer> numbers;

  private Renumbering(Map<String, Integer> numbers) {
    this.numbers = numbers;
  }

  static Step of(Step step, Map<String, Integer> numbers) {
    Renumbering renumbering = new Renumbering(numbers);
    return switch (step) {
      case CallStep(int line, String process, Call call, Expected expected) ->
          new CallStep(line, process, renumbering.call(call), expected);
      case ExpectStep(int line, Expectation expectation) ->
          new ExpectStep(line, renumbering.expectation(expectation));
      default -> step;
    };
  }

  private Place place(Place place) {
    int number = numbers.getOrDefault(place.region(), place.number());
    return new Place(place.region(), number, place.offsetBytes());
  }

  private Call call(Call call) {
    return switch (call) {
      case Call.Mmap c ->
          new Call.Mmap(
              place(c.place()),
              c.lengthBytes(),
              c.protection(),
              c.shared(),
              placement(c.placement()),
              c.options());
      case Call.Mremap c ->
          new Call.Mremap(
              place(c.place()),
              c.oldLengthBytes(),
              c.newLengthBytes(),
              c.mayMove(),
              c.to().map(this::place),
              c.dontUnmap());
      case Call.Munmap(Place at, long length) -> new Call.Munmap(place(at), length);
      case Call.Mprotect(Place at, long length, Protection protection) ->
          new Call.Mprotect(place(at), length, protection);
      case Call.Madvise(Place at, long length, Advice advice) ->
          new Call.Madvise(place(at), length, advice);
      case Call.Mlock(Place at, long length) -> new Call.Mlock(place(at), length);
      case Call.Munlock(Place at, long length) -> new Call.Munlock(place(at), length);
      case Call.Write(Place at, long length, long value) ->
          new Call.Write(place(at), length, value);
      case Call.Read(Place at, long length, var expected) ->
          new Call.Read(place(at), length, expected);
      case Call.ProcessVmReadv(Place at, long length, var expected) ->
          new Call.ProcessVmReadv(place(at), length, expected);
      case Call.Split(Place at, long length, int order) -> new Call.Split(place(at), length, order);
      case Call.Pin(Place at, long length, String name, var options) ->
          new Call.Pin(place(at), length, name, options);
      case Call.Vmsplice(Place at, long length, String name) ->
          new Call.Vmsplice(place(at), length, name);
      default -> call;
    };
  }

  private Placement placement(Placement placement) {
    return placement instanceof Placement.At(Place at) ? new Placement.At(place(at)) : placement;
  }

  private Expectation expectation(Expectation expectation) {
    return switch (expectation) {
      case Expectation.OfRegion e ->
          new Expectation.OfRegion(
              e.process(), place(e.region()), e.field(), e.relation(), e.value());
      case Expectation.OfPage e ->
          new Expectation.OfPage(e.process(), place(e.place()), e.conditions());
      case Expectation.OfFrames e ->
          new Expectation.OfFrames(
              e.process(), place(e.place()), e.same(), e.otherProcess(), place(e.otherPlace()));
      case Expectation.OfProcess _, Expectation.OfCounter _ -> expectation;
    };
  }
}
