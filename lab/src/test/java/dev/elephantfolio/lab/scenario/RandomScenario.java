package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.DropCachesStep;
import dev.elephantfolio.lab.scenario.Step.ExpectStep;
import dev.elephantfolio.lab.scenario.Step.KhugepagedStep;
import dev.elephantfolio.lab.scenario.Step.MachineStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import dev.elephantfolio.lab.scenario.Step.SetStep;
import dev.elephantfolio.lab.scenario.Step.SnapshotStep;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;

/** Scenarios that may be written down, with every word of the language, and make no sense. */
final class RandomScenario {
  private static final List<String> REGIONS = List.of("a", "b", "_x.1", "long-name", "Rss", "anon");
  private static final List<String> HELD = List.of("P", "a", "write", "pin-2");
  private static final List<String> COUNTERS =
      List.of("thp_split_pmd", "pgfault", "hugepages-64kB/anon_fault_alloc");

  private final Random random;
  private final Processes processes = new Processes();
  private final List<String> living = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();

  private RandomScenario(Random random) {
    this.random = random;
  }

  static Scenario of(Random random, int lines) {
    RandomScenario made = new RandomScenario(random);
    if (random.nextBoolean()) {
      made.steps.add(
          new MachineStep(0, (1L + random.nextInt(4096)) << 21, 1 + random.nextInt(256)));
    }
    made.steps.add(made.start());
    while (made.steps.size() < lines) {
      made.steps.add(made.step());
    }
    return new Scenario("random", made.steps).normalised();
  }

  private Step start() {
    String name = "P" + steps.size();
    processes.start(name);
    living.add(name);
    return new ProcessStep(0, name);
  }

  private Step step() {
    return switch (random.nextInt(12)) {
      case 0 -> start();
      case 1 -> new SetStep(0, "transparent_hugepage/enabled", pick(List.of("always", "a+b=c")));
      case 2 -> new KhugepagedStep(0, 1 + random.nextInt(1_000_000));
      case 3 -> new DropCachesStep(0);
      case 4 -> new SnapshotStep(0, pick(List.of("", "after", "after the fork -> of A")));
      case 5, 6 -> living.isEmpty() ? start() : new ExpectStep(0, expectation());
      default -> callStep();
    };
  }

  private Step callStep() {
    List<String> free =
        living.stream().filter(name -> processes.whyNotCall(name).isEmpty()).toList();
    if (free.isEmpty()) {
      return start();
    }
    String process = pick(free);
    Call call = call();
    Expected expected = new Expected(pick(List.copyOf(OutcomeWords.allWords())));
    Expected usual = random.nextInt(3) > 0 ? Expected.OK : expected;
    if (processes.holds().whyNotCall(process, call).isPresent()) {
      return start();
    }
    processes.called(process, call, usual.word());
    learn(process, call);
    return new CallStep(0, process, call, usual);
  }

  private void learn(String process, Call call) {
    switch (call) {
      case Call.Fork(String child) -> addIfThere(child);
      case Call.Vfork(String child) -> addIfThere(child);
      case Call.Exit _ -> living.remove(process);
      default -> {}
    }
  }

  private void addIfThere(String child) {
    if (processes.whyNotThere(child).isEmpty()) {
      living.add(child);
    }
  }

  private Call call() {
    return switch (random.nextInt(20)) {
      case 0 ->
          new Call.Mmap(
              place(), length(), protection(), random.nextBoolean(), placement(), Set.of());
      case 1 ->
          new Call.Mmap(
              place(), length(), protection(), false, Placement.HERE, some(MapOption.class));
      case 2 -> new Call.Munmap(place(), length());
      case 3 -> new Call.Mprotect(place(), length(), protection());
      case 4 -> new Call.Madvise(place(), length(), new Advice(random.nextInt(110)));
      case 5 ->
          new Call.Mremap(
              place(), length(), length(), random.nextBoolean(), to(), random.nextBoolean());
      case 6 -> new Call.Mlock(place(), length());
      case 7 -> new Call.Munlock(place(), length());
      case 8 -> new Call.Mlockall(atLeastOne());
      case 9 -> new Call.Munlockall();
      case 10 -> new Call.Brk(random.nextLong() >> random.nextInt(1, 64));
      case 11 -> new Call.Prctl(pick(List.of(ThpDisable.values())));
      case 12 -> new Call.Write(place(), shortLength(), value());
      case 13 ->
          random.nextBoolean()
              ? new Call.Read(place(), shortLength(), expectedValue())
              : new Call.ProcessVmReadv(place(), shortLength(), expectedValue());
      case 14 -> new Call.Split(place(), shortLength(), random.nextInt(10));
      case 15 -> new Call.Fork("F" + steps.size());
      case 16 -> random.nextBoolean() ? new Call.Vfork("V" + steps.size()) : new Call.Exec();
      case 17 -> new Call.Pin(place(), shortLength(), pick(HELD), some(PinOption.class));
      case 18 -> useOfHeld(pick(HELD));
      default -> random.nextInt(4) == 0 ? new Call.Exit() : new Call.Munlockall();
    };
  }

  private Call useOfHeld(String name) {
    return switch (random.nextInt(4)) {
      case 0 -> new Call.Vmsplice(place(), random.nextLong((1 << 20) + 1), name);
      case 1 -> new Call.Check(name, expectedValue());
      case 2 -> new Call.Fill(name, value());
      default -> new Call.Unpin(name);
    };
  }

  private Expectation expectation() {
    String process = pick(living);
    Relation relation = pick(List.of(Relation.values()));
    SmapsField field = pick(List.of(SmapsField.values()));
    return switch (random.nextInt(5)) {
      case 0 -> {
        Place place = place();
        Place region = new Place(place.region(), place.number(), 0);
        yield new Expectation.OfRegion(process, region, field, relation, length());
      }
      case 1 -> new Expectation.OfProcess(process, field, relation, length());
      case 2 -> new Expectation.OfPage(process, place(), conditions());
      case 3 ->
          new Expectation.OfFrames(process, place(), random.nextBoolean(), pick(living), place());
      default -> new Expectation.OfCounter(pick(COUNTERS), relation, random.nextLong() >> 1);
    };
  }

  private List<PageCondition> conditions() {
    List<PageCondition> conditions = new ArrayList<>();
    do {
      conditions.add(
          random.nextBoolean()
              ? new PageCondition.Is(pick(List.of(PageMark.values())), random.nextBoolean())
              : new PageCondition.Has(
                  pick(List.of(PageNumber.values())), pick(List.of(Relation.values())), value()));
    } while (random.nextBoolean());
    return conditions;
  }

  private Place place() {
    long offset = random.nextInt(3) == 0 ? 0 : random.nextLong(Place.WINDOW_BYTES);
    long rounded = random.nextBoolean() ? offset & -4096 : offset;
    return random.nextInt(6) == 0
        ? Place.heap(rounded)
        // The numbers are of no account: normalising gives them anew.
        : new Place(pick(REGIONS), 0, rounded);
  }

  private Placement placement() {
    return switch (random.nextInt(3)) {
      case 0 -> Placement.HERE;
      case 1 -> Placement.ANYWHERE;
      default -> new Placement.At(place());
    };
  }

  private Optional<Place> to() {
    return random.nextBoolean() ? Optional.of(place()) : Optional.empty();
  }

  private Protection protection() {
    return pick(List.of(Protection.values()));
  }

  /** Any 64 bits, small and round ones more often. */
  private long length() {
    long bits = random.nextLong() >>> random.nextInt(64);
    return random.nextBoolean() ? bits & -4096 : bits;
  }

  private long shortLength() {
    return random.nextLong(Place.WINDOW_BYTES + 1);
  }

  private long value() {
    return random.nextLong() >>> random.nextInt(64);
  }

  private OptionalLong expectedValue() {
    return random.nextBoolean() ? OptionalLong.of(value()) : OptionalLong.empty();
  }

  private <E extends Enum<E>> Set<E> some(Class<E> type) {
    EnumSet<E> chosen = EnumSet.noneOf(type);
    for (E each : type.getEnumConstants()) {
      if (random.nextBoolean()) {
        chosen.add(each);
      }
    }
    return chosen;
  }

  private Set<LockAll> atLeastOne() {
    Set<LockAll> chosen = some(LockAll.class);
    chosen.add(pick(List.of(LockAll.values())));
    return chosen;
  }

  private <T> T pick(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
