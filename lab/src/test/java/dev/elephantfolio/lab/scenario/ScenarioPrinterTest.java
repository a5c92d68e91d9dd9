package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import java.util.List;
import java.util.Random;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is printed reads as what was printed. */
final class ScenarioPrinterTest {
  private static final int SCENARIOS = 500;
  private static final int LINES = 60;

  private final long seed = Long.getLong("efolio.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void parsingThePrintOfAScenarioGivesTheScenario() {
    System.out.println("ScenarioPrinterTest: -Defolio.seed=" + seed);
    for (int i = 0; i < SCENARIOS; i++) {
      Scenario scenario = RandomScenario.of(random, LINES);
      String print = ScenarioPrinter.print(scenario);
      Scenario parsed = ScenarioParser.parse("random", print);
      assertEquals(scenario.steps(), parsed.steps(), print);
      assertEquals(scenario.regions(), parsed.regions(), print);
      assertEquals(scenario.machine(), parsed.machine(), print);
      assertEquals(print, ScenarioPrinter.print(parsed));
    }
  }

  @Test
  void blanksAndCommentsMeanNothing() {
    System.out.println("ScenarioPrinterTest: -Defolio.seed=" + seed);
    for (int i = 0; i < SCENARIOS; i++) {
      Scenario scenario = RandomScenario.of(random, LINES);
      String text = ScenarioPrinter.print(scenario).lines().map(this::spread).collect(joining());
      Scenario parsed = ScenarioParser.parse("random", text);
      assertEquals(scenario.steps(), parsed.normalised().steps(), text);
    }
  }

  private static Collector<CharSequence, ?, String> joining() {
    return Collectors.joining();
  }

  private String spread(String line) {
    String blanks = random.nextBoolean() ? "\t  " : " ";
    String comment = random.nextBoolean() ? blanks + "# -> a 'comment' # of any kind" : "";
    String end = random.nextBoolean() ? "\r\n" : "\n";
    String before = random.nextBoolean() ? blanks + end : "";
    return before + blanks + line.replace(" ", blanks) + comment + end;
  }

  /** What a reader sees; the other tests would also pass if all words were French. */
  @Test
  void printsTheLanguage() {
    String text =
        """
        machine memory=4G cpus=2
        set transparent_hugepage/enabled always
        process A
        A mmap a 4M
        A mmap b+4K 64K r shared at=a+4M populate locked noreserve
        A mmap c 2M none anywhere
        A mmap d 8K growsdown noreplace -> EEXIST
        A munmap a+4097 1 -> EINVAL
        A mprotect a 2M rx
        A madvise a 2M hugepage
        A madvise a 2M 99 -> EINVAL
        A mremap a 2M 4M maymove to=b dontunmap
        A mlock a 2M
        A munlock a 2M
        A mlockall current future onfault
        A munlockall
        A brk +132K
        A brk -4K
        A prctl thp_disable except_advised
        A write a+4K 8K 7
        A read a+4K 8K 7
        A read [heap]+4K 8K
        A process_vm_readv a 8K
        A process_vm_readv a+4K 4K 7 -> EFAULT
        A split a 2M 0
        A pin a+4K 8K P write longterm fast
        A pin a 8K _q.1 fast -> EFAULT
        A vmsplice a 4K Q
        A check P 7
        A check Q
        A fill P 8
        A unpin P
        A fork B
        B vfork C
        C exec
        B exit -> ?
        khugepaged 2
        drop_caches
        snapshot
        snapshot after
        expect A a AnonHugePages = 2M
        expect A Rss >= 6M
        expect A a+4K present exclusive !swapped mapcount=1 order<=9 pmd
        expect A a+4K same-frame C a+4K
        expect A a+4K other-frame C [heap]
        expect vmstat thp_split_pmd + 1
        expect vmstat thp_split_pmd - 1
        expect vmstat hugepages-64kB/nr_anon >= -2
        """;
    assertEquals(text, ScenarioPrinter.print(ScenarioParser.parse("t.efs", text)));
  }

  @Test
  void whatTheShrinkerLeavesOverIsRenumbered() {
    Step start = new ProcessStep(7, "A");
    Place b = new Place("b", 1, 4096);
    Step unmap = new CallStep(9, "A", new Call.Munmap(b, 4096), Expected.OK);
    Scenario left = new Scenario("left", List.of(start, unmap)).normalised();
    assertEquals(List.of("b"), left.regions());
    assertEquals(left.steps(), ScenarioParser.parse("x", ScenarioPrinter.print(left)).steps());
    Call moved = ((CallStep) left.steps().get(1)).call();
    assertEquals(List.of(new Place("b", 0, 4096)), moved.places());
  }
}
