package dev.elephantfolio.trace.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RecordingHeader;
import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RegionKind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerfImporterTest {
  @TempDir Path folder;

  private PerfText.Result after(String lines) throws IOException {
    return PerfText.launched().lines(lines).imported(folder);
  }

  private static void assertLines(String expected, List<String> actual) {
    assertEquals(expected.strip(), String.join("\n", actual));
  }

  @Test
  void whatTheKernelTouchesDuringExecBelongsToTheNewImage() throws IOException {
    PerfText.Result result = PerfText.launched().imported(folder);
    assertTrue(result.events().getFirst().startsWith("100/100 EXEC"));
    assertLines(
        """
        100/100 EXEC file="./prog" comm="prog"
        100/100 TOUCH addr=0x7fffffffe000 w kernel inferred synthetic
        100/100 TOUCH addr=0x555555573240 w kernel inferred
        100/100 TOUCH addr=0x7ffff7ffe110 w kernel inferred
        100/100 TOUCH addr=0x7ffff7fe4b70 x
        100/100 BRK addr=0x0 = 0x555555576000
        100/100 TOUCH addr=0x7fffffffdff8 w inferred
        """,
        result.with(" EXEC ", "TOUCH", "BRK"));
    assertEquals(4, result.report().totals().inferredTouches());
    assertEquals(1, result.report().totals().syntheticTouches());
  }

  @Test
  void callsStandWhereTheyReturnAndArePairedByThread() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 PERF_RECORD_FORK(100:101):(100:100)
            100/100 syscalls:sys_enter_mmap: addr: 0x0, len: 0x2000, prot: 0x3, flags: 0x22, fd: 0xffffffff, off: 0x0
            100/101 syscalls:sys_enter_mmap: addr: 0x0, len: 0x3000, prot: 0x1, flags: 0x1, fd: 0x3, off: 0x1000
            100/100 syscalls:sys_exit_mmap: 0x7ffff7000000
            100/100 exceptions:page_fault_user: address=0x7ffff7000000 ip=0x1 error_code=0x6
            100/101 syscalls:sys_exit_mmap: 0x7ffff6000000
            """);
    assertLines(
        """
        100/101 THREAD_START creatorTid=100
        100/100 MMAP addr=0x0 length=8K prot=PROT_READ|PROT_WRITE flags=MAP_PRIVATE|MAP_ANONYMOUS fd=-1 offset=0x0 name="" = 0x7ffff7000000
        100/100 TOUCH addr=0x7ffff7000000 w
        100/101 MMAP addr=0x0 length=12K prot=PROT_READ flags=MAP_SHARED fd=3 offset=0x1000 name="" = 0x7ffff6000000
        """,
        result.afterLaunch());
  }

  @Test
  void failedCallsAreRecordedAndChangeNothing() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 syscalls:sys_enter_mmap: addr: 0x0, len: 0x0, prot: 0x3, flags: 0x22, fd: 0xffffffff, off: 0x0
            100/100 syscalls:sys_exit_mmap: 0xffffffffffffffea
            100/100 syscalls:sys_enter_munmap: addr: 0x7ffff7fcb000, len: 0x26001
            100/100 syscalls:sys_exit_munmap: -22
            100/100 exceptions:page_fault_user: address=0x7ffff7fcb000 ip=0x1 error_code=0x14
            """);
    assertTrue(result.afterLaunch().get(0).endsWith("= -1 EINVAL"));
    assertEquals(
        "100/100 MUNMAP addr=0x7ffff7fcb000 length=155649 = -1 EINVAL",
        result.afterLaunch().get(1));
    assertEquals("100/100 TOUCH addr=0x7ffff7fcb000 x", result.afterLaunch().get(2));
  }

  /*
   *   100: munmap(A) ........................ returns
   *   101:            mmap() is given A again
   */
  @Test
  void aRangeThatIsGivenAwayWasUnmappedBefore() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 PERF_RECORD_FORK(100:101):(100:100)
            100/100 syscalls:sys_enter_mmap: addr: 0x0, len: 0x2000, prot: 0x3, flags: 0x22, fd: 0xffffffff, off: 0x0
            100/100 syscalls:sys_exit_mmap: 0x7ffff7000000
            100/100 syscalls:sys_enter_munmap: addr: 0x7ffff7000000, len: 0x2000
            100/101 syscalls:sys_enter_mmap: addr: 0x0, len: 0x2000, prot: 0x3, flags: 0x22, fd: 0xffffffff, off: 0x0
            100/101 syscalls:sys_exit_mmap: 0x7ffff7000000
            100/101 exceptions:page_fault_user: address=0x7ffff7000000 ip=0x1 error_code=0x6
            100/100 syscalls:sys_exit_munmap: 0x0
            100/101 exceptions:page_fault_user: address=0x7ffff7001000 ip=0x1 error_code=0x6
            """);
    assertLines(
        """
        100/100 MUNMAP addr=0x7ffff7000000 length=8K = 0
        100/101 MMAP addr=0x0 length=8K prot=PROT_READ|PROT_WRITE flags=MAP_PRIVATE|MAP_ANONYMOUS fd=-1 offset=0x0 name="" = 0x7ffff7000000
        100/101 TOUCH addr=0x7ffff7000000 w
        100/101 TOUCH addr=0x7ffff7001000 w
        """,
        result.afterLaunch().subList(2, result.afterLaunch().size()));
  }

  @Test
  void everyMemoryCallIsKept() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 syscalls:sys_enter_mremap: addr: 0x1000000, old_len: 0x21000, new_len: 0x41000, flags: 0x1, new_addr: 0x0
            100/100 syscalls:sys_exit_mremap: 0x2000000
            100/100 syscalls:sys_enter_mprotect: start: 0x2000000, len: 0x1000, prot: 0x0
            100/100 syscalls:sys_exit_mprotect: 0x0
            100/100 syscalls:sys_enter_madvise: start: 0x2000000, len_in: 0x200000, behavior: 0xe
            100/100 syscalls:sys_exit_madvise: 0xffffffffffffffea
            100/100 syscalls:sys_enter_mlock: start: 0x2000000, len: 0x1000
            100/100 syscalls:sys_exit_mlock: 0x0
            100/100 syscalls:sys_enter_mlock2: start: 0x2000000, len: 0x1000, flags: 0x1
            100/100 syscalls:sys_exit_mlock2: 0x0
            100/100 syscalls:sys_enter_munlock: start: 0x2000000, len: 0x1000
            100/100 syscalls:sys_exit_munlock: 0x0
            100/100 syscalls:sys_enter_mlockall: flags: 0x3
            100/100 syscalls:sys_exit_mlockall: 0x0
            100/100 syscalls:sys_enter_munlockall:
            100/100 syscalls:sys_exit_munlockall: 0x0
            100/100 syscalls:sys_enter_prctl: option: 0x29, arg2: 0x1, arg3: 0x0, arg4: 0x0, arg5: 0x0
            100/100 syscalls:sys_exit_prctl: 0x0
            100/100 syscalls:sys_enter_process_madvise: pidfd: 0x3, vec: 0x10, vlen: 0x1, behavior: 0x14, flags: 0x0
            100/100 syscalls:sys_exit_process_madvise: 0x1000
            """);
    assertLines(
        """
        100/100 MREMAP oldAddress=0x1000000 oldSize=132K newSize=260K flags=MREMAP_MAYMOVE newAddress=0x0 = 0x2000000
        100/100 MPROTECT addr=0x2000000 length=4K prot=PROT_NONE = 0
        100/100 MADVISE addr=0x2000000 length=2M advice=MADV_HUGEPAGE = -1 EINVAL
        100/100 MLOCK addr=0x2000000 length=4K = 0
        100/100 MLOCK2 addr=0x2000000 length=4K flags=MLOCK_ONFAULT = 0
        100/100 MUNLOCK addr=0x2000000 length=4K = 0
        100/100 MLOCKALL flags=MCL_CURRENT|MCL_FUTURE = 0
        100/100 MUNLOCKALL = 0
        100/100 PRCTL option=PR_SET_THP_DISABLE arg2=0x1 arg3=0x0 arg4=0x0 arg5=0x0 = 0
        100/100 GENERIC name="process_madvise" arg1=0x3 arg2=0x10 arg3=0x1 arg4=0x14 arg5=0x0 arg6=0x0 = 4096
        """,
        result.afterLaunch());
  }

  @Test
  void aCallWithoutItsOtherHalfIsCountedAndLeftOut() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 syscalls:sys_enter_munmap: addr: 0x1000, len: 0x1000
            100/100 syscalls:sys_enter_munmap: addr: 0x2000, len: 0x1000
            100/100 syscalls:sys_exit_munmap: 0x0
            100/100 syscalls:sys_exit_mlock: 0x0
            """);
    assertLines("100/100 MUNMAP addr=0x2000 length=4K = 0", result.afterLaunch());
    assertEquals(2, result.report().unpairedCalls());
  }

  /**
   * The loader maps the whole file, then its parts over it; perf names only the executable part.
   */
  @Test
  void aFilesNameIsTheNameOfAllItsParts() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 syscalls:sys_enter_mmap: addr: 0x0, len: 0x9000, prot: 0x1, flags: 0x802, fd: 0x3, off: 0x0
            100/100 syscalls:sys_exit_mmap: 0x7ffff7000000
            100/100 syscalls:sys_enter_mmap: addr: 0x7ffff7002000, len: 0x3000, prot: 0x5, flags: 0x812, fd: 0x3, off: 0x2000
            100/100 PERF_RECORD_MMAP2 100/100: [0x7ffff7002000(0x3000) @ 0x2000 fe:00 9 0]: r-xp /lib/a.so
            100/100 syscalls:sys_exit_mmap: 0x7ffff7002000
            100/100 syscalls:sys_enter_mmap: addr: 0x7ffff7006000, len: 0x2000, prot: 0x3, flags: 0x812, fd: 0x3, off: 0x5000
            100/100 syscalls:sys_exit_mmap: 0x7ffff7006000
            100/100 syscalls:sys_enter_mmap: addr: 0x0, len: 0x5000, prot: 0x1, flags: 0x802, fd: 0x3, off: 0x0
            100/100 syscalls:sys_exit_mmap: 0x7ffff6ffb000
            """);
    assertEquals(3, result.with("name=\"/lib/a.so\" = 0x7").size(), result.events().toString());
    assertTrue(result.events().getLast().contains("name=\"\" = 0x7ffff6ffb000"), "another file");
  }

  @Test
  void numbersOfProcessesAndNames() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 syscalls:sys_enter_clone: clone_flags: 0x01200011, newsp: 0x0, parent_tidptr: 0x0, child_tidptr: 0x7ffff7dcfa10, tls: 0x0
            100/100 PERF_RECORD_FORK(200:200):(100:100)
            100/100 sched:sched_process_fork: comm=prog pid=100 child_comm=prog child_pid=200
            100/100 syscalls:sys_exit_clone: 0xc8
            200/200 syscalls:sys_exit_clone: 0x0
            200/200 exceptions:page_fault_user: address=0x7ffff7fe4000 ip=0x7 error_code=0x14
            200/200 PERF_RECORD_COMM: a child:200/200
            200/200 syscalls:sys_enter_exit_group: error_code: 0x0
            200/200 sched:sched_process_exit: comm=a child pid=200 prio=120 group_dead=true
            200/200 exceptions:page_fault_kernel: address=0x7ffff7fe5000 ip=put_user error_code=0x3
            200/200 PERF_RECORD_EXIT(200:200):(100:100)
            """);
    assertLines(
        """
        100/100 FORK childTid=200 childPid=200 cloneFlags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD
        200/200 TOUCH addr=0x7ffff7fe4000 x
        200/200 COMM comm="a child"
        200/200 TOUCH addr=0x7ffff7fe5000 w kernel present
        200/200 EXIT processEnded=yes
        """,
        result.afterLaunch());
  }

  @Test
  void aProcessEndsWithItsLastThread() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 PERF_RECORD_FORK(100:101):(100:100)
            100/100 sched:sched_process_exit: comm=prog pid=100 prio=120 group_dead=false
            100/100 PERF_RECORD_EXIT(100:100):(1:1)
            100/101 PERF_RECORD_EXIT(100:101):(1:1)
            """);
    assertLines(
        """
        100/101 THREAD_START creatorTid=100
        100/100 EXIT processEnded=no
        100/101 EXIT processEnded=yes
        """,
        result.afterLaunch());
  }

  @Test
  void aFailedExecIsNone() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 syscalls:sys_enter_execve: filename: 0x5, argv: 0x6, envp: 0x7
            100/100 syscalls:sys_exit_execve: 0xfffffffffffffffe
            """);
    assertEquals(1, result.with(" EXEC ").size());
    assertLines("", result.afterLaunch());
  }

  /** The child borrows its parent's memory until it has its own, so what it maps the parent has. */
  @Test
  void vforkSharesMemoryUntilExec() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 syscalls:sys_enter_vfork:
            100/100 PERF_RECORD_FORK(200:200):(100:100)
            200/200 syscalls:sys_exit_vfork: 0x0
            200/200 syscalls:sys_enter_mmap: addr: 0x0, len: 0x2000, prot: 0x3, flags: 0x22, fd: 0xffffffff, off: 0x0
            200/200 syscalls:sys_exit_mmap: 0x7ffff7000000
            200/200 syscalls:sys_enter_execve: filename: 0x5, argv: 0x6, envp: 0x7
            100/100 syscalls:sys_exit_vfork: 0xc8
            100/100 exceptions:page_fault_user: address=0x7ffff7000000 ip=0x7 error_code=0x6
            200/200 PERF_RECORD_COMM exec: other:200/200
            200/200 sched:sched_process_exec: filename=/bin/other pid=200 old_pid=200
            200/200 exceptions:page_fault_user: address=0x7ffff7000000 ip=0x7 error_code=0x6
            """);
    assertTrue(result.afterLaunch().getFirst().endsWith("cloneFlags=CLONE_VM|CLONE_VFORK|SIGCHLD"));
    assertLines(
        "100/100 TOUCH addr=0x7ffff7000000 w", result.with("100/100 TOUCH addr=0x7ffff7000"));
    assertLines(
        "200/200 TOUCH addr=0x7ffff7000000 w inferred",
        result.with("200/200 TOUCH addr=0x7ffff7000"));
    assertEquals(1, result.with("EXEC file=\"/bin/other\" comm=\"other\"").size());
  }

  private static final String SPAWN =
      """
      100/100 syscalls:sys_enter_clone3: uargs: 0x7fffffffe150, size: 0x58
      100/100 PERF_RECORD_FORK(200:200):(100:100)
      200/200 syscalls:sys_exit_clone3: 0x0
      200/200 exceptions:page_fault_user: address=0x7ffff7ffd000 ip=0x7 error_code=%s
      200/200 syscalls:sys_enter_execve: filename: 0x5, argv: 0x6, envp: 0x7
      100/100 syscalls:sys_exit_clone3: 0xc8
      """;

  @Test
  void clone3LendsItsMemoryIfItWaitsAndNothingIsCopied() throws IOException {
    assertTrue(
        after(SPAWN.formatted("0x6"))
            .with("FORK")
            .getFirst()
            .endsWith("cloneFlags=CLONE_VM|CLONE_VFORK|SIGCHLD"));
    assertTrue(
        after(SPAWN.formatted("0x7")).with("FORK").getFirst().endsWith("cloneFlags=SIGCHLD"));
  }

  @Test
  void whoDoesNotDescendFromTheRootIsLeftOut() throws IOException {
    PerfText.Result result =
        after(
            """
            0/0 exceptions:page_fault_kernel: address=0x1000000 ip=0x7 error_code=0x2
            300/300 exceptions:page_fault_user: address=0x1000000 ip=0x7 error_code=0x6
            300/300 PERF_RECORD_COMM exec: stranger:300/300
            300/300 PERF_RECORD_FORK(301:301):(300:300)
            301/301 exceptions:page_fault_user: address=0x1000000 ip=0x7 error_code=0x6
            """);
    assertLines("", result.afterLaunch());
    assertEquals(3, result.report().foreignEvents());
  }

  @Test
  void chosenRootsAreFollowed() throws IOException {
    PerfText text =
        PerfText.launched()
            .lines(
                """
                300/300 exceptions:page_fault_user: address=0x1000000 ip=0x7 error_code=0x6
                300/300 exceptions:page_fault_user: address=0x1004000 ip=0x7 error_code=0x6
                """);
    PerfImportOptions defaults = PerfImportOptions.defaults();
    PerfText.Result result =
        text.imported(
            folder, new PerfImportOptions("", "", 0, Set.of(300), Map.of(), defaults.execMaps()));
    assertLines(
        """
        300/300 EXEC file="" comm="prog"
        300/300 REGION start=0x1000000 length=20K prot=PROT_READ|PROT_WRITE flags=MAP_PRIVATE|MAP_ANONYMOUS kind=ANON fileOffset=0x0 name="" inferred=yes
        300/300 TOUCH addr=0x1000000 w inferred
        300/300 TOUCH addr=0x1004000 w inferred
        """,
        result.events());
  }

  @Test
  void aProcessThatRanBeforeHasWhatPerfSaysOfIt() throws IOException {
    PerfText text = new PerfText();
    text.raw(
        "   prog  7/7  [000]  0.0: PERF_RECORD_MMAP2 7/7: [0x400000(0x2000) @ 0 0:0 1 0]: r-xp /p");
    text.lines(
        """
        7/7 exceptions:page_fault_user: address=0x400010 ip=0x7 error_code=0x14
        7/8 exceptions:page_fault_user: address=0x401010 ip=0x7 error_code=0x14
        """);
    assertLines(
        """
        7/7 EXEC file="" comm="prog"
        7/7 REGION start=0x400000 length=8K prot=PROT_READ|PROT_EXEC flags=MAP_PRIVATE kind=FILE fileOffset=0x0 name="/p" inferred=no
        7/7 TOUCH addr=0x400010 x
        7/8 THREAD_START creatorTid=7
        7/8 TOUCH addr=0x401010 x
        """,
        text.imported(folder).events());
  }

  @Test
  void lostEventsAreCounted() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 PERF_RECORD_LOST lost 40
            100/100 PERF_RECORD_LOST lost 2
            """);
    assertEquals(42, result.report().totals().lostEvents());
    assertLines("100/100 LOST count=40\n100/100 LOST count=2", result.afterLaunch());
  }

  /** Its mmap was lost: nothing else explains the page when the touch comes. */
  @Test
  void everyTouchedPageIsMapped() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 syscalls:sys_enter_mmap: addr: 0x0, len: 0x2000, prot: 0x3, flags: 0x22, fd: 0xffffffff, off: 0x0
            100/100 syscalls:sys_exit_mmap: 0x7ffff7000000
            100/100 syscalls:sys_enter_munmap: addr: 0x7ffff7000000, len: 0x2000
            100/100 syscalls:sys_exit_munmap: 0x0
            100/100 exceptions:page_fault_user: address=0x7ffff7001008 ip=0x7 error_code=0x6
            """);
    assertLines(
        """
        100/100 REGION start=0x7ffff7001000 length=4K prot=PROT_READ|PROT_WRITE flags=MAP_PRIVATE|MAP_ANONYMOUS kind=ANON fileOffset=0x0 name="" inferred=yes
        100/100 TOUCH addr=0x7ffff7001008 w inferred
        """,
        result.afterLaunch().subList(2, 4));
  }

  @Test
  void touchesOfWhatCanBeNobodysAreCountedAndLeftOut() throws IOException {
    PerfText.Result result =
        after(
            """
            100/100 exceptions:page_fault_user: address=0x8 ip=0x7 error_code=0x4
            100/100 exceptions:page_fault_user: address=0xffffffffff600000 ip=0x7 error_code=0x15
            """);
    assertLines("", result.afterLaunch());
    assertEquals(2, result.report().impossibleTouches());
  }

  @Test
  void timesStartAtTheFirstEventAndNeverRunBackwards() throws IOException {
    PerfText text =
        new PerfText()
            .raw("            prog 5/5 [000] 10.000002: PERF_RECORD_COMM exec: prog:5/5")
            .raw(fault("10.000004000", "0x100000"))
            .raw(fault("10.000003500", "0x101000"))
            .raw(fault("10.000005", "0x102000"));
    Path file = folder.resolve("times.eft");
    new PerfImporter(PerfImportOptions.defaults())
        .importStream(
            new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8)),
            "text",
            file,
            ImportProgress.NONE);
    StringBuilder times = new StringBuilder();
    try (RecordingReader reader = RecordingReader.open(file)) {
      while (reader.next()) {
        times.append(reader.kind() == EventKind.TOUCH ? reader.timeNanos() + " " : "");
      }
    }
    assertEquals("2000 2000 3000 ", times.toString());
  }

  private static String fault(String time, String address) {
    return "            prog 5/5 [000] "
        + time
        + ": exceptions:page_fault_user: address="
        + address
        + " ip=0x7 error_code=0x6";
  }

  /** Less than perf can tell: no records of its own, no scheduler, no pids. */
  @Test
  void tracepointsAloneAreUnderstoodAsFarAsTheyGo() throws IOException {
    PerfText text =
        new PerfText()
            .lines(
                """
                5 syscalls:sys_enter_clone: clone_flags: 0x01200011, newsp: 0x0, parent_tidptr: 0x0, child_tidptr: 0x0, tls: 0x0
                5 sched:sched_process_fork: comm=prog pid=5 child_comm=prog child_pid=6
                5 syscalls:sys_exit_clone: 0x6
                5 syscalls:sys_enter_clone3: uargs: 0x7fffffffe150, size: 0x58
                5 sched:sched_process_fork: comm=prog pid=5 child_comm=prog child_pid=7
                6 sched:sched_process_exec: filename=/bin/x pid=6 old_pid=6
                6 sched:sched_process_exit: comm=prog pid=6 prio=120
                7 sched:sched_process_exit: comm=prog pid=7 prio=120
                5 sched:sched_process_exit: comm=prog pid=5 prio=120
                """);
    assertLines(
        """
        5/5 EXEC file="" comm="prog"
        5/5 FORK childTid=6 childPid=6 cloneFlags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD
        5/7 THREAD_START creatorTid=5
        6/6 EXEC file="/bin/x" comm="prog"
        6/6 EXIT processEnded=yes
        5/7 EXIT processEnded=no
        5/5 EXIT processEnded=yes
        """,
        text.imported(folder).events());
  }

  @Test
  void whatPerfPrintsOfTheMachineIsKept() throws IOException {
    PerfText text =
        PerfText.launched().raw("# os release : 6.18.44").raw("# nrcpus online : 16").raw("#");
    Path file = folder.resolve("header.eft");
    new PerfImporter(
            new PerfImportOptions("", "", 0, Set.of(), Map.of("thp", "never"), ExecMaps.NONE))
        .importStream(
            new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8)),
            "text",
            file,
            ImportProgress.NONE);
    try (RecordingReader reader = RecordingReader.open(file)) {
      RecordingHeader header = reader.header();
      assertEquals("6.18.44", header.kernelRelease());
      assertEquals(16, header.cpuCount());
      assertEquals("./prog", header.command());
      assertEquals(Map.of("thp", "never"), header.settings());
    }
  }

  @Test
  void aMapThatSomeoneSawIsNotInferred() throws IOException {
    RecordedRegion seen =
        new RecordedRegion(
            0x555555573000L, 0x1000, 3, 2, RegionKind.FILE, 0x1e000, "/bin/prog", false);
    ExecMaps maps = (pid, exec, _, _) -> pid == 100 && exec == 0 ? List.of(seen) : List.of();
    PerfText.Result result =
        PerfText.launched()
            .imported(folder, new PerfImportOptions("", "", 0, Set.of(), Map.of(), maps));
    assertLines("100/100 TOUCH addr=0x555555573240 w kernel", result.with("TOUCH addr=0x55"));
    assertEquals(1, result.with("kind=FILE").size());
  }
}
