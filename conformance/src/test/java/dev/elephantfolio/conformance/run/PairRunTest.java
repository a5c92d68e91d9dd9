package dev.elephantfolio.conformance.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.MachineState;
import dev.elephantfolio.lab.scenario.Outcome;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import dev.elephantfolio.lab.scenario.Side;
import java.util.List;
import java.util.SortedMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class PairRunTest {
  private static final Scenario PROGRAM =
      ScenarioParser.parse(
          "test",
          """
          set transparent_hugepage/enabled always
          process A
          A mmap a 4M
          A write a 4K 7
          A read a 8K
          A fork B
          B write a 4K 8
          B munmap a+1 4K -> ?
          B exit
          """);

  /** The engine, with something wrong in what it answers. */
  private record Lying(Side engine, UnaryOperator<Outcome> lie, long splitsByOthers)
      implements Side {
    Lying(Side engine, UnaryOperator<Outcome> lie) {
      this(engine, lie, 0);
    }

    @Override
    public String name() {
      return "lying";
    }

    @Override
    public void set(String key, String value) {
      engine.set(key, value);
    }

    @Override
    public void spawn(String process) {
      engine.spawn(process);
    }

    @Override
    public Outcome call(String process, Call call) {
      return lie.apply(engine.call(process, call));
    }

    @Override
    public void dropCaches() {
      engine.dropCaches();
    }

    @Override
    public boolean khugepaged(int scans) {
      return engine.khugepaged(scans);
    }

    @Override
    public MachineState observe() {
      return engine.observe();
    }

    @Override
    public SortedMap<String, Long> counters() {
      SortedMap<String, Long> counters = engine.counters();
      boolean begun = !engine.observe().processes().isEmpty();
      counters.merge("thp_split_pmd", begun ? splitsByOthers : 0, Long::sum);
      return counters;
    }

    @Override
    public void close() {
      engine.close();
    }
  }

  private static SideSource lying(UnaryOperator<Outcome> lie) {
    SideSource engine = new EngineSource();
    return program -> new Lying(engine.open(program), lie);
  }

  private static Verdict run(SideSource engine, SideSource live, int every) {
    try (PairRun pair = new PairRun(engine, live, true)) {
      return pair.run(PROGRAM, every);
    }
  }

  @Test
  void theEngineAgreesWithItself() {
    for (int every : new int[] {1, 3, 1000}) {
      Verdict verdict = run(new EngineSource(), new EngineSource(), every);
      assertEquals(List.of(), verdict.differences());
      assertEquals(PROGRAM.steps().size(), verdict.steps());
      assertEquals(
          List.of("OK", "OK", "OK", "OK", "OK", "EINVAL", "OK"),
          verdict.outcomes().stream().map(Outcome::word).toList());
      assertTrue(verdict.pages() >= 512, verdict.pages() + " pages");
      assertTrue(verdict.times().engine() > 0 && verdict.times().live() > 0);
    }
  }

  /** Of programs nobody knows beforehand whether a pin in them comes about. */
  @Test
  void whatNamesPagesThatAreNotHeldIsNoCall() {
    Scenario program =
        ScenarioParser.parse(
            "test",
            """
            process A
            A pin a 4K P write longterm fast -> ?
            A check P -> ?
            A mmap a 4K
            A pin a 4K Q write longterm fast -> ?
            A fill Q 3 -> ?
            A check Q -> ?
            A unpin Q -> ?
            """);
    try (PairRun pair = new PairRun(new EngineSource(), new EngineSource(), true)) {
      Verdict verdict = pair.run(program, 1);
      assertEquals(List.of(), verdict.differences());
      List<Outcome> outcomes = verdict.outcomes();
      assertEquals("EFAULT", outcomes.getFirst().word());
      assertTrue(StepTaker.wasNoCall(outcomes.get(1)));
      assertEquals(List.of(3L), outcomes.get(5).values());
      assertEquals(1, outcomes.stream().filter(StepTaker::wasNoCall).count());
    }
  }

  @Test
  void anOtherErrnoIsSeen() {
    SideSource wrong = lying(o -> o.word().equals("EINVAL") ? Outcome.of("ENOMEM") : o);
    Verdict verdict = run(wrong, new EngineSource(), 1);
    assertEquals(1, verdict.differences().size());
    assertEquals("outcome of munmap ENOMEM for EINVAL", verdict.differences().getFirst().kind());
    assertEquals("line 8, B munmap a+1 4K", verdict.differences().getFirst().where());
    assertEquals(8, verdict.steps());
  }

  @Test
  void anOtherValueIsSeen() {
    SideSource wrong = lying(o -> o.values().isEmpty() ? o : Outcome.loaded(List.of(7L, 9L)));
    Verdict verdict = run(wrong, new EngineSource(), 100);
    assertEquals("value read", verdict.differences().getFirst().kind());
    assertEquals("9", verdict.differences().getFirst().engine());
  }

  @Test
  void anOtherPlaceIsSeen() {
    SideSource wrong = lying(o -> o.where().isEmpty() ? o : Outcome.at(o.where() + "+4K"));
    Verdict verdict = run(wrong, new EngineSource(), 100);
    assertEquals("place of mmap", verdict.differences().getFirst().kind());
  }

  @Test
  void anEngineThatThrowsDiffers() {
    SideSource broken =
        lying(o -> {
          if (o.word().equals("EINVAL")) {
            throw new IllegalStateException("broken");
          }
          return o;
        });
    Verdict verdict = run(broken, new EngineSource(), 1);
    String kind = verdict.differences().getFirst().kind();
    assertTrue(kind.startsWith("engine failure IllegalStateException in PairRunTest"), kind);
    assertEquals(8, verdict.steps());
  }

  @Test
  void aLiveSideThatThrowsEndsTheRun() {
    SideSource broken =
        lying(o -> {
          throw new LabException("out of order");
        });
    SideFailure failure = assertThrows(SideFailure.class, () -> run(new EngineSource(), broken, 1));
    assertEquals("'A mmap a 4M' cannot be done here: out of order", failure.getMessage());
  }

  @Test
  void aSideThatCannotOpenEndsTheRun() {
    SideSource none =
        _ -> {
          throw new LabException("no kernel here");
        };
    assertThrows(SideFailure.class, () -> run(new EngineSource(), none, 1));
  }

  /** Counters that others move say nothing of the engine. */
  @Test
  void countersAreComparedWhereTheProgramIsAlone() {
    assertEquals(1, withOtherCounter(true).differences().size());
    assertEquals(List.of(), withOtherCounter(false).differences());
  }

  private static Verdict withOtherCounter(boolean alone) {
    SideSource other =
        new SideSource() {
          @Override
          public Side open(Scenario program) {
            return new Lying(new EngineSource().open(program), o -> o, alone ? 1 : 5);
          }

          @Override
          public boolean isAlone() {
            return alone;
          }
        };
    return run(new EngineSource(), other, 100);
  }

  /** A failed run leaves nothing behind that the next would trip over. */
  @Test
  void goesOnAfterADifference() {
    SideSource wrong = lying(o -> o.word().equals("EINVAL") ? Outcome.of("ENOMEM") : o);
    try (PairRun pair = new PairRun(wrong, new EngineSource(), true)) {
      for (int i = 0; i < 5; i++) {
        assertEquals(1, pair.run(PROGRAM, 1).differences().size());
      }
    }
  }
}
