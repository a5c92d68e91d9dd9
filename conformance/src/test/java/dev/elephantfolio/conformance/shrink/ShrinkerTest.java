package dev.elephantfolio.conformance.shrink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.conformance.program.ProgramGenerator;
import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import dev.elephantfolio.lab.scenario.ScenarioPrinter;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

final class ShrinkerTest {
  private static final int TRIALS = 100_000;

  private static String shrunk(String program, Predicate<Scenario> shows) {
    Scenario scenario = ScenarioParser.parse("test", program).normalised();
    return ScenarioPrinter.print(Shrinker.smallest(scenario, shows::test, TRIALS));
  }

  private static boolean has(Scenario program, Class<? extends Call> kind) {
    return calls(program).stream().anyMatch(kind::isInstance);
  }

  private static List<Call> calls(Scenario program) {
    return program.steps().stream()
        .filter(CallStep.class::isInstance)
        .map(step -> ((CallStep) step).call())
        .toList();
  }

  @Test
  void whatIsNotNeededGoes() {
    assertEquals(
        """
        process A
        A munmap a 4K
        """,
        shrunk(
            """
            set transparent_hugepage/enabled always
            process A
            A mmap a 4M
            A write a 4M 7
            A fork B
            B mmap b 2M
            A munmap a+1M 64K
            B exit
            """,
            program -> has(program, Call.Munmap.class)));
  }

  @Test
  void aProcessThatNeedsItsParentKeepsIt() {
    assertEquals(
        """
        process A
        A fork B
        B exit
        """,
        shrunk(
            """
            process X
            X mmap a 4M
            X fork Y
            Y write a 4K 1
            Y exit
            """,
            program -> has(program, Call.Fork.class) && has(program, Call.Exit.class)));
  }

  @Test
  void aProcessThatNeedsNoParentLosesIt() {
    assertEquals(
        """
        process A
        A munmap a 4K
        """,
        shrunk(
            """
            process A
            A fork B
            B fork C
            C munmap a 4K
            """,
            program -> has(program, Call.Munmap.class)));
  }

  @Test
  void whatNamesAPinGoesWithIt() {
    assertEquals(
        """
        process A
        A pin a 4K Q write longterm fast
        A fill Q 1
        """,
        shrunk(
            """
            process A
            A pin a 4K P write longterm fast
            A fill P 1
            A unpin P
            A pin a 4K Q write longterm fast
            A fill Q 1
            A unpin Q
            """,
            program ->
                calls(program).stream()
                    .anyMatch(c -> c instanceof Call.Fill(String name, _) && name.equals("Q"))));
  }

  /** Windows move with the first mention of their region. */
  @Test
  void regionsAreNumberedAnew() {
    Scenario scenario =
        ScenarioParser.parse("test", "process A\nA mmap a 2M\nA mmap b 2M shared\n").normalised();
    Scenario small =
        Shrinker.smallest(
            scenario,
            program ->
                calls(program).stream()
                    .anyMatch(call -> call instanceof Call.Mmap mmap && mmap.shared()),
            TRIALS);
    assertEquals(small, small.normalised());
    assertEquals(0, calls(small).getFirst().places().getFirst().number());
  }

  @Test
  void argumentsBecomeSimple() {
    assertEquals(
        """
        process A
        A mmap a 2M
        A mremap a 4K 4K maymove to=b
        """,
        shrunk(
            """
            process A
            A mmap a 6M shared populate
            A mremap a+1028K 512K 1M maymove to=b+3M dontunmap
            """,
            program ->
                has(program, Call.Mremap.class)
                    && calls(program).stream()
                        .anyMatch(c -> c instanceof Call.Mmap m && m.lengthBytes() >= 2 << 20)));
  }

  /** Whatever is asked of a program, what comes of it is one, shows it, and is no longer. */
  @Test
  void randomProgramsShrinkToPrograms() {
    for (long seed = 0; seed < 10; seed++) {
      Scenario program = ProgramGenerator.program(seed, 100, true);
      Predicate<Scenario> shows =
          candidate ->
              calls(candidate).stream().filter(Call.Madvise.class::isInstance).count() >= 3
                  && has(candidate, Call.Mremap.class);
      if (shows.test(program)) {
        Scenario small = Shrinker.smallest(program, shows::test, TRIALS);
        assertTrue(shows.test(small), "seed " + seed);
        assertEquals(4, calls(small).size(), "seed " + seed + "\n" + ScenarioPrinter.print(small));
        List<Step> read =
            ScenarioParser.parse("seed " + seed, ScenarioPrinter.print(small)).steps();
        assertEquals(small.steps(), read);
      }
    }
  }

  @Test
  void aTrialThatNeverEndsIsGivenUp() {
    Scenario program = ProgramGenerator.program(1, 200, true);
    int[] trials = {0};
    Scenario small =
        Shrinker.smallest(
            program,
            _ -> {
              trials[0]++;
              return false;
            },
            50);
    assertEquals(program, small);
    assertEquals(50, trials[0]);
  }
}
