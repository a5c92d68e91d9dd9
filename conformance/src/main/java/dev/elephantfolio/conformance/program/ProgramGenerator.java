package dev.elephantfolio.conformance.program;

import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.Expected;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.KhugepagedStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes random programs of memory calls over one to four related processes, as scenarios: the same
 * seed gives the same program. Every call's outcome is left open ({@code -> ?}).
 *
 * <p>The generator keeps no model of memory: regions are few and small and are mapped to begin
 * with, so most calls meet memory, and those that meet none are answered with an errno, which is
 * compared as well.
 */
public final class ProgramGenerator {
  private static final int PROCESSES_MAX = 4;

  /** How many calls a vfork child makes in its parent's memory, at most. */
  private static final int BORROWED_CALLS = 4;

  private static final Deed[] DEEDS = Deed.values();

  private final Dice dice;
  private final Flavour flavour;
  private final Arena arena;
  private final Calls calls;
  private final HoldCalls holdCalls;
  private final Settings settings;
  private final Family family = new Family();
  private final List<Step> steps = new ArrayList<>();
  private final boolean withSplits;

  /** Whether there is shared memory; MADV_COLLAPSE, which makes that huge, is left out then. */
  private final boolean sharing;

  private int names;
  private int borrowed;

  private ProgramGenerator(long seed, boolean withSplits) {
    this.dice = new Dice(seed);
    this.flavour = dice.oneOf(Flavour.values());
    this.arena = new Arena(dice);
    this.sharing = flavour == Flavour.SHARED || dice.percent(15);
    this.calls = new Calls(dice, flavour, arena, sharing);
    this.holdCalls = new HoldCalls(dice, arena);
    this.settings = new Settings(dice);
    this.withSplits = withSplits;
  }

  /**
   * The program of that seed.
   *
   * @param callCount how many calls it makes, those that map its regions to begin with included
   * @param withSplits whether both sides can split to an order
   */
  public static Scenario program(long seed, int callCount, boolean withSplits) {
    return new ProgramGenerator(seed, withSplits).make(seed, callCount);
  }

  private Scenario make(long seed, int callCount) {
    steps.addAll(settings.first(flavour == Flavour.SIZES));
    start();
    int[] weights = weights();
    while (callsMade() < callCount) {
      add(DEEDS[dice.weighted(weights)]);
    }
    return new Scenario("seed " + seed, steps).normalised();
  }

  private long callsMade() {
    return steps.stream().filter(CallStep.class::isInstance).count();
  }

  private int[] weights() {
    int[] weights = flavour.weights();
    if (sharing) {
      weights[Deed.COLLAPSE.ordinal()] = 0;
    }
    if (!withSplits) {
      weights[Deed.SPLIT.ordinal()] = 0;
    }
    return weights;
  }

  /** A process of no relation to the others. */
  private void start() {
    String process = Family.name(names++);
    steps.add(new ProcessStep(0, process));
    family.started(process);
    furnish(process);
  }

  /** Most calls should meet memory. */
  private void furnish(String process) {
    for (Arena.Region region : arena.regions()) {
      call(process, calls.mapAll(region));
    }
    if (dice.coin()) {
      call(process, calls.heap());
    }
  }

  private void call(String process, Call call) {
    steps.add(new CallStep(0, process, call, Expected.ANY));
    family.called(process, call);
    holdCalls.called(process, call);
  }

  private void add(Deed deed) {
    @Nullable String borrower = family.borrower();
    if (borrower != null && ++borrowed > BORROWED_CALLS) {
      endBorrowing(borrower);
    }
    String process = dice.oneOf(family.callers());
    switch (deed) {
      case FORK, VFORK, EXEC, EXIT -> relate(process, deed);
      case SCENE -> scene(process);
      case SETTING -> steps.add(settings.change());
      case KHUGEPAGED -> steps.add(new KhugepagedStep(0, 1));
      case HOLD -> call(process, holdCalls.next(process));
      default -> call(process, memoryCall(deed));
    }
  }

  private Call memoryCall(Deed deed) {
    return switch (deed) {
      case WRITE -> calls.write();
      case READ -> calls.read();
      case MAP -> calls.map();
      case UNMAP -> calls.unmap();
      case PROTECT -> calls.protect();
      case ADVISE -> calls.advise();
      case DROP -> calls.drop();
      case COLLAPSE -> calls.collapse();
      case GUARD -> calls.guard();
      case REMAP -> calls.remap();
      case LOCK -> calls.lock();
      case LOCK_ALL -> calls.lockAll();
      case HEAP -> calls.heap();
      case PRCTL -> calls.prctl();
      case SPLIT -> calls.split();
      case FORK, VFORK, EXEC, EXIT, SETTING, KHUGEPAGED, SCENE, HOLD ->
          throw new IllegalArgumentException(deed.name());
    };
  }

  /** A table of small pages, with as many of a kind as khugepaged's limit, or one more or less. */
  private void scene(String process) {
    Scene scene = new Scene(dice, arena.wholeHuge().place(), family.size() < PROCESSES_MAX);
    steps.add(scene.limit());
    scene.before().forEach(call -> call(process, call));
    if (scene.needsChild()) {
      fork(process);
    }
    scene.after().forEach(call -> call(process, call));
    steps.add(new KhugepagedStep(0, 1));
  }

  private void relate(String process, Deed deed) {
    switch (deed) {
      case FORK -> fork(process);
      case VFORK -> vfork(process);
      case EXEC -> exec(process);
      default -> exit(process);
    }
  }

  private void fork(String parent) {
    if (family.size() < PROCESSES_MAX) {
      String child = Family.name(names++);
      call(parent, new Call.Fork(child));
    } else {
      exit(parent);
    }
  }

  private void vfork(String parent) {
    if (family.size() < PROCESSES_MAX && family.borrower() == null) {
      String child = Family.name(names++);
      call(parent, new Call.Vfork(child));
      borrowed = 0;
    }
  }

  private void endBorrowing(String child) {
    if (dice.coin()) {
      exec(child);
    } else {
      exit(child);
    }
  }

  private void exec(String process) {
    call(process, new Call.Exec());
    furnish(process);
  }

  private void exit(String process) {
    call(process, new Call.Exit());
    if (family.callers().isEmpty()) {
      start();
    }
  }
}
