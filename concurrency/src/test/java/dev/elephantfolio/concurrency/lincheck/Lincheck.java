package dev.elephantfolio.concurrency.lincheck;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.engine.pagetable.PageTable;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuarantee;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * How long and how wide the search is. {@code -Defolio.lincheck=N} makes it N times as long.
 *
 * <p>Model checking takes the threads through interleavings of its own choice, sequentially
 * consistent; stress lets the processors choose, which also meets weaker orders.
 */
final class Lincheck {
  private static final int LENGTH = Integer.getInteger("efolio.lincheck", 1);
  private static final int THREADS = 2;
  private static final int ACTORS = 3;

  /** Made-up scenarios of each structure. */
  private static final int SCENARIOS = 4;

  /** Tried of one scenario, as far as there are so many. */
  private static final int INTERLEAVINGS = 100;

  /** Of one scenario on real threads. */
  private static final int RUNS = 200;

  /**
   * A loop of more turns is taken for one that waits: another thread goes on. In calls before and
   * after the threads none could, and the search would silently end there; so it is more than any
   * loop here has, over the 32 pages of the largest folio.
   */
  private static final int LOOP_MAX = 70;

  /** But for this one, of 512 turns; under the table's lock nobody changes what it looks at. */
  private static final ManagedStrategyGuarantee LONG_LOOP =
      ManagedStrategyGuaranteeKt.forClasses(PageTable.class.getName())
          .methods("isEmpty")
          .treatAsAtomic();

  private Lincheck() {}

  /** Checks every interleaving that is tried; fails with the one that nothing explains. */
  static void modelCheck(Class<?> structure, Class<?> sequential) {
    modelChecking(sequential).iterations(SCENARIOS * LENGTH).check(structure);
  }

  /** Runs on real threads. */
  static void stress(Class<?> structure, Class<?> sequential) {
    new StressOptions()
        .iterations(SCENARIOS * LENGTH)
        .invocationsPerIteration(RUNS)
        .threads(THREADS)
        .actorsPerThread(ACTORS)
        .actorsBefore(1)
        .actorsAfter(2)
        .sequentialSpecification(sequential)
        .check(structure);
  }

  /** Checks a structure that is known to be wrong, where it is wrong; what is found, as text. */
  static String findInBroken(Scenario scenario, Class<?> sequential) {
    ModelCheckingOptions options =
        modelChecking(sequential).iterations(0).addCustomScenario(scenario.build());
    return assertThrows(LincheckAssertionError.class, () -> options.check(scenario.structure()))
        .toString();
  }

  private static ModelCheckingOptions modelChecking(Class<?> sequential) {
    return new ModelCheckingOptions()
        .invocationsPerIteration(INTERLEAVINGS * LENGTH)
        .addGuarantee(LONG_LOOP)
        .loopIterationsBeforeThreadSwitch(LOOP_MAX)
        .loopBound(2 * LOOP_MAX)
        .threads(THREADS)
        .actorsPerThread(ACTORS)
        .actorsBefore(1)
        .actorsAfter(2)
        .sequentialSpecification(sequential);
  }
}
