package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.lab.LabException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each kind of expectation: where it holds, and what is said where it does not. */
final class ExpectationTest {
  /**
   * <pre>
   *  A a: huge page, child wrote its second page | 1 small page | rest empty
   *  A g: a guard | r: read only: the zero page | z: huge zero page | n: written, then PROT_NONE
   *  A s: shared memory | A [heap]: 2 pages
   * </pre>
   */
  private static final String STATE =
      """
      set transparent_hugepage/enabled madvise
      process A
      A mmap a 6M
      A madvise a 2M hugepage
      A write a 2M 7
      A write a+2M 4K 8
      A mmap g 8K
      A madvise g 4K guard_install
      A mmap r 4K
      A read r 4K 0
      A mmap z 2M
      A madvise z 2M hugepage
      A read z 4K 0
      A mmap n 4K
      A write n 4K 1
      A mprotect n 4K none
      A mmap s 4K shared
      A write s 4K 9
      A brk +8K
      A write [heap] 8K 3
      A fork B
      B write a+4K 4K 1
      """;

  private static final int LINE = (int) STATE.lines().count() + 1;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          A a AnonHugePages = 2M
          A a AnonHugePages >= 2M
          A a AnonHugePages <= 2M
          A a AnonHugePages < 4M
          A a AnonHugePages > 0
          A a AnonHugePages != 4K
          A a Rss = 2052K
          A a Size = 6M
          A z Rss = 0
          A b Rss = 0
          A [heap] Rss = 8K
          A Rss = 2068K
          A Anonymous = 2064K
          B AnonHugePages = 0
          A a present pmd !exclusive order=9 mapcount=2 index=0 value=7
          A a+4K present pmd !exclusive order=9 mapcount=1 index=1
          A a+4100 index=1
          A a+4K order>=1 order<10 mapcount!=2 value>6
          B a+4K present !pmd exclusive order=0 mapcount=1 value=1 index=0
          A a+2M present !pmd order=0
          A a+4M !present !swapped !exclusive !guard !file !pmd !zero !ksm
          A g guard swapped !present
          A g+4K !guard !swapped !present
          A r present zero !exclusive mapcount=0 order=0 value=0
          A z present zero file pmd order=9 value=0
          A n present mapcount=2
          A s present file exclusive value=9
          A a same-frame B a
          A a+4K other-frame B a+4K
          A n same-frame B n
          A [heap] same-frame B [heap]
          vmstat thp_fault_alloc + 1
          vmstat thp_split_pmd = 1
          vmstat thp_split_page + 0
          vmstat thp_split_page <= 0
          vmstat pgfault > 3
          vmstat hugepages-2048kB/anon_fault_alloc + 1
          vmstat hugepages-2048kB/nr_anon > 0
          """)
  void holds(String expectation) {
    assertEquals(List.of(), Run.failures(STATE + "expect " + expectation + "\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          A a AnonHugePages = 4M        | 2M
          A a AnonHugePages < 2M        | 2M
          A a AnonHugePages != 2M       | 2M
          A a AnonHugePages > 2M        | 2M
          A b Rss > 0                   | 0
          A Rss = 2064K                 | 2068K
          A a exclusive                 | !exclusive
          A a !pmd exclusive mapcount=1 | pmd !exclusive mapcount=2
          A a present order=0           | order=9
          A a value=8                   | value=7
          A a+4M present                | !present
          A a+4M present order=0 value=0 mapcount=1 | !present
          A a+4M pmd                    | !pmd
          A g !guard present value=0    | guard !present
          A n value=1                   | no readable value
          A r !zero                     | zero
          A a other-frame B a           | same-frame
          A a+4K same-frame B a+4K      | other-frame
          A a+4M other-frame B a        | A a+4M !present
          A a same-frame B a+4M         | B a+4M !present
          vmstat thp_split_pmd + 2      | + 1
          vmstat thp_split_pmd < 0      | + 1
          """)
  void fails(String expectation, String got) {
    List<String> failures = Run.failures(STATE + "expect " + expectation + "\n");
    assertEquals(1, failures.size(), failures.toString());
    assertEquals(LINE + ": expected " + expectation + ", got " + got, failures.getFirst());
  }

  @Test
  void aStateIsLookedAtAnewAfterEveryCall() {
    Run.ok(
        """
        process A
        A mmap a 8K
        expect A a Rss = 0
        A write a 4K 1
        expect A a Rss = 4K
        expect A a Rss = 4K
        A write a+4K 4K 1
        expect A a Rss = 8K
        A fork B
        expect A a mapcount=2
        B exit
        expect A a mapcount=1
        process C
        expect C Rss = 0
        """);
  }

  @Test
  void khugepagedAndDroppedCachesShow() {
    Run.ok(
        """
        set transparent_hugepage/enabled always
        set transparent_hugepage/defrag always
        process A
        A prctl thp_disable 1
        A mmap a 2M
        A write a 2M 1
        expect A a AnonHugePages = 0
        A prctl thp_disable 0
        A mmap b 2M
        A write b 4K 1
        khugepaged 2
        expect A a AnonHugePages = 2M
        expect vmstat thp_collapse_alloc + 1
        A munmap a+4K 2044K
        expect A a present order=9 !pmd
        drop_caches
        expect A a present order=0
        expect vmstat thp_split_page + 1
        """);
  }

  @Test
  void aCounterThatIsNotThereIsNamed() {
    LabException refused =
        assertThrows(
            LabException.class, () -> Run.of(STATE + "  expect vmstat thp_splt_pmd + 1\n"));
    assertEquals(
        "t.efs:" + LINE + ":17: there is no counter 'thp_splt_pmd'; did you mean 'thp_split_pmd'?",
        refused.getMessage());
  }

  @Test
  void aSettingThatIsNotTakenIsNamed() {
    LabException unknown =
        assertThrows(LabException.class, () -> Run.of("set transparent_hugepage/enabld always\n"));
    assertEquals(
        "t.efs:1:5: no setting 'transparent_hugepage/enabld';"
            + " did you mean 'transparent_hugepage/enabled'?",
        unknown.getMessage());
    LabException wrong =
        assertThrows(
            LabException.class,
            () -> Run.of("process A\nset transparent_hugepage/enabled alwys\n"));
    assertEquals(
        "t.efs:2:5: transparent_hugepage/enabled does not take 'alwys'; did you mean 'always'?"
            + " (now: always [madvise] never)",
        wrong.getMessage());
  }
}
