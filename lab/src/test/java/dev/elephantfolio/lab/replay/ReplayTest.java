package dev.elephantfolio.lab.replay;

import static dev.elephantfolio.lab.replay.Story.HUGE;
import static dev.elephantfolio.lab.replay.Story.PAGE;
import static dev.elephantfolio.lab.replay.Story.PRIVATE;
import static dev.elephantfolio.lab.replay.Story.READ_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.SettingException;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.trace.AccessBits;
import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordingException;
import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RegionKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What recordings made by hand come to. */
final class ReplayTest {
  /** A multiple of 2 MiB with nothing around it. */
  private static final long PLACE = 0x7f00_0000_0000L;

  private static final int EINVAL = 22;
  private static final int ENOMEM = 12;
  private static final int MREMAP_MAYMOVE = 1;
  private static final int PR_SET_THP_DISABLE = 41;

  @TempDir private Path directory;

  private Story story() {
    return Story.of(directory);
  }

  private static ProcessReport only(ReplayReport report) {
    assertEquals(1, report.processes().size());
    return report.processes().getFirst();
  }

  private static ProcessReport process(ReplayReport report, int pid) {
    return report.processes().stream().filter(p -> p.pid() == pid).findFirst().orElseThrow();
  }

  @Test
  void touchesAreFaultsOnlyWhereNothingIsMapped() {
    Path recording = story().mmap(PLACE, 2 * HUGE).fill(PLACE, 2 * HUGE).exit().end();

    ReplayReport never = Story.replay(recording, Map.of("transparent_hugepage/enabled", "never"));
    assertEquals(new MemoryFigures(2 * HUGE, 2 * HUGE, 0), only(never).peak());
    assertEquals(1024, only(never).faults());
    assertEquals(1024, never.faults().smallPages());

    ReplayReport always = Story.replay(recording, Map.of("transparent_hugepage/enabled", "always"));
    assertEquals(new MemoryFigures(2 * HUGE, 2 * HUGE, 2 * HUGE), only(always).peak());
    assertEquals(2, only(always).faults());
    assertEquals(2, always.faults().hugePages());
    assertEquals(1.0, always.total().hugeCoverageAtPeak());
    assertEquals(1.0, always.total().largeCoverageAtPeak());
    assertEquals(0, always.total().untouchedBytes());
    assertEquals(1024, always.counts().touches());
    assertEquals(0, always.counts().refusedTouches());
  }

  @Test
  void smallerFoliosCountAsLargeButNotHuge() {
    Path recording = story().mmap(PLACE, HUGE).fill(PLACE, HUGE).exit().end();
    ReplayReport report =
        Story.replay(recording, Map.of("transparent_hugepage/hugepages-64kB/enabled", "always"));
    assertEquals(0, only(report).peak().anonHugePagesBytes());
    assertEquals(Map.of(64, 32L), report.faults().largeFolios());
    assertEquals(1.0, report.total().largeCoverageAtPeak());
    assertEquals(
        32, Objects.requireNonNull(report.sizes().get("hugepages-64kB")).get("anon_fault_alloc"));
  }

  @Test
  void memoryThatIsMappedButNotTouchedIsBloat() {
    ReplayReport report =
        story().mmap(PLACE, HUGE).write(PLACE).write(PLACE + 5 * PAGE).exit().replay("always");
    assertEquals(HUGE, only(report).last().anonymousBytes());
    assertEquals(HUGE - 2 * PAGE, only(report).bloatBytes());
    assertEquals(HUGE - 2 * PAGE, report.total().untouchedBytes());
  }

  @Test
  void pagesOfAHugePageThatWereOnlyReadAreNoBloat() {
    ReplayReport report =
        story().mmap(PLACE, HUGE).write(PLACE).read(PLACE + 5 * PAGE).exit().replay("always");
    assertEquals(HUGE - 2 * PAGE, only(report).bloatBytes());
  }

  @Test
  void pagesReadFromThePageOfZeroesAreNeitherMemoryNorBloat() {
    ReplayReport report =
        story().mmap(PLACE, HUGE).write(PLACE).read(PLACE + 5 * PAGE).exit().replay("never");
    assertEquals(PAGE, only(report).peak().anonymousBytes());
    assertEquals(0, only(report).bloatBytes());
    assertEquals(1, report.faults().zeroPages());
  }

  @Test
  void whatAProgramHadFilledCountsAsTouched() {
    ReplayReport report =
        story()
            .mmap(PLACE, HUGE, READ_WRITE, PRIVATE | MapFlags.POPULATE)
            .mmap(PLACE + HUGE, HUGE)
            .madvise(PLACE + HUGE, HUGE, Madvise.POPULATE_WRITE, 0)
            .mmap(PLACE + 2 * HUGE, HUGE)
            .call(EventKind.MLOCK, 0, PLACE + 2 * HUGE, HUGE)
            .exit()
            .replay("never");
    assertEquals(3 * HUGE, only(report).last().anonymousBytes());
    assertEquals(0, only(report).bloatBytes());
    assertEquals(0, only(report).peakBloatBytes());
  }

  @Test
  void thePeakIsWhatThereWasBeforeMemoryWasGivenBack() {
    ReplayReport report =
        story()
            .mmap(PLACE, 4 * HUGE)
            .fill(PLACE, 4 * HUGE)
            .munmap(PLACE + HUGE, 3 * HUGE)
            .after(1)
            .exit()
            .replay("always");
    assertEquals(4 * HUGE, only(report).peak().anonHugePagesBytes());
    assertEquals(HUGE, only(report).last().anonHugePagesBytes());
    assertEquals(4 * HUGE, report.total().peak().anonymousBytes());
    assertEquals(HUGE, report.total().last().anonymousBytes());
    assertTrue(report.total().peakUsedBytes() >= 4 * HUGE);
    assertTrue(report.total().usedBytes() < 2 * HUGE);
  }

  @Test
  void aPartOfAHugePageThatIsUnmappedWaitsToBeSplit() {
    ReplayReport report =
        story()
            .mmap(PLACE, HUGE)
            .fill(PLACE, HUGE)
            .munmap(PLACE, HUGE / 2)
            .after(200)
            .exit()
            .replay("always");
    assertEquals(1, report.count(VmEvent.THP_SPLIT_PMD));
    assertEquals(1, report.total().peakDeferredFolios());
    assertEquals(HUGE / 2, only(report).last().anonymousBytes());
    assertEquals(0, only(report).last().anonHugePagesBytes());
    assertEquals(0, only(report).bloatBytes());
  }

  @Test
  void droppedPagesAreUntouchedAgain() {
    ReplayReport report =
        story()
            .mmap(PLACE, HUGE)
            .fill(PLACE, HUGE)
            .madvise(PLACE, HUGE, Madvise.DONTNEED, 0)
            .write(PLACE)
            .exit()
            .replay("always");
    assertEquals(HUGE, only(report).last().anonymousBytes());
    assertEquals(HUGE - PAGE, only(report).bloatBytes());
  }

  @Test
  void aMovedMappingKeepsWhatWasTouched() {
    long target = PLACE + 16 * HUGE;
    ReplayReport report =
        story()
            .mmap(PLACE, 4 * PAGE)
            .fill(PLACE, 4 * PAGE)
            .call(EventKind.MREMAP, target, PLACE, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE, 0)
            .write(target + 6 * PAGE)
            .write(PLACE)
            .exit()
            .replay("never");
    assertEquals(5 * PAGE, only(report).last().anonymousBytes());
    assertEquals(0, only(report).bloatBytes());
    assertEquals(1, report.counts().refusedTouches());
  }

  @Test
  void theHeapGrowsInStepsAndShrinks() {
    long start = 0x5555_5555_6000L;
    ReplayReport report =
        story()
            .region(RegionKind.HEAP, start, 0, READ_WRITE)
            .brk(0, start)
            .brk(start + 4 * PAGE, start + 4 * PAGE)
            .fill(start, 4 * PAGE)
            .brk(start + PAGE, start + PAGE)
            .brk(start + HUGE, start + PAGE)
            .after(1)
            .exit()
            .replay("always");
    assertEquals(4 * PAGE, only(report).peak().anonymousBytes());
    assertEquals(PAGE, only(report).last().anonymousBytes());
    assertEquals(1, report.counts().failedCalls());
    assertEquals(0, report.counts().refusedCalls());
  }

  @Test
  void aHeapThatNobodyTellsOfBeginsWhereTheFirstCallSays() {
    long start = 0x5555_5555_6000L;
    ReplayReport report =
        story().brk(0, start).brk(start + PAGE, start + PAGE).write(start).exit().replay("never");
    assertEquals(PAGE, only(report).last().anonymousBytes());
  }

  @Test
  void aStackGrowsDownToWhatIsTouched() {
    long top = 0x7fff_ffff_f000L;
    ReplayReport report =
        story()
            .region(RegionKind.STACK, top - 4 * PAGE, 4 * PAGE, READ_WRITE)
            .write(top - 8)
            .write(top - 64 * PAGE)
            .exit()
            .replay("never");
    assertEquals(2 * PAGE, only(report).last().anonymousBytes());
    assertEquals(0, report.counts().refusedTouches());
  }

  @Test
  void writesToPrivateFilePagesAreAnonymous() {
    ReplayReport report =
        story()
            .region(RegionKind.FILE, PLACE, 4 * PAGE, READ_WRITE)
            .read(PLACE)
            .write(PLACE + PAGE)
            .touch(PLACE + 2 * PAGE, AccessBits.EXEC)
            .exit()
            .replay("always");
    assertEquals(PAGE, only(report).last().anonymousBytes());
    assertEquals(2 * PAGE, only(report).last().rssBytes());
    assertEquals(0, only(report).bloatBytes());
    assertEquals(1, report.counts().refusedTouches());
  }

  @Test
  void sharedMemoryIsNotAnonymousAndNoReasonForBloat() {
    ReplayReport report =
        story()
            .mmap(PLACE, 8 * PAGE, READ_WRITE, Mman.MAP_SHARED | Mman.MAP_ANONYMOUS)
            .fill(PLACE, 8 * PAGE)
            .mmap(PLACE + HUGE, HUGE)
            .write(PLACE + HUGE)
            .exit()
            .replay("always");
    assertEquals(HUGE, only(report).last().anonymousBytes());
    assertEquals(HUGE + 8 * PAGE, only(report).last().rssBytes());
    assertEquals(HUGE - PAGE, only(report).bloatBytes());
  }

  @Test
  void aForkedChildSharesUntilItWrites() {
    ReplayReport report =
        story()
            .mmap(PLACE, HUGE)
            .fill(PLACE, HUGE)
            .fork(2)
            .process(2)
            .after(150)
            .write(PLACE)
            .exit()
            .process(1)
            .exit()
            .replay("never");
    assertEquals(HUGE, process(report, 2).peak().anonymousBytes());
    assertEquals(2 * HUGE, report.total().peak().anonymousBytes());
    assertEquals(PAGE, report.copiedBytes());
    assertTrue(report.total().peakUsedBytes() < 2 * HUGE);
  }

  @Test
  void whatAChildHasBeforeItExecsDoesNotCount() {
    ReplayReport report =
        story()
            .mmap(PLACE, HUGE)
            .fill(PLACE, HUGE)
            .after(5)
            .fork(2)
            .process(2)
            .after(1)
            .exec("two")
            .mmap(PLACE, PAGE)
            .write(PLACE)
            .after(150)
            .exit()
            .replay("never");
    assertEquals(PAGE, process(report, 2).peak().anonymousBytes());
    assertEquals("two", process(report, 2).comm());
    assertEquals(HUGE + PAGE, report.total().peak().anonymousBytes());
  }

  @Test
  void whatAChildBorrowsIsNotItsOwn() {
    ReplayReport report =
        story()
            .mmap(PLACE, HUGE)
            .vfork(2)
            .process(2)
            .write(PLACE)
            .after(300)
            .exec("two")
            .process(1)
            .write(PLACE + PAGE)
            .exit()
            .replay("never");
    assertEquals(0, process(report, 2).peak().anonymousBytes());
    assertEquals(2 * PAGE, process(report, 1).exactLast().anonymousBytes());
    assertEquals(0, process(report, 1).bloatBytes());
    assertTrue(process(report, 2).outlives());
    assertFalse(process(report, 1).outlives());
  }

  @Test
  void memoryKeptFromChildrenIsNotTouchedInThem() {
    ReplayReport report =
        story()
            .mmap(PLACE, 4 * PAGE)
            .fill(PLACE, 4 * PAGE)
            .madvise(PLACE, PAGE, Madvise.DONTFORK, 0)
            .madvise(PLACE + PAGE, PAGE, Madvise.WIPEONFORK, 0)
            .fork(2)
            .process(2)
            .mmap(PLACE + HUGE, HUGE)
            .write(PLACE + HUGE)
            .exit()
            .replay("always");
    assertEquals(2 * PAGE + HUGE, process(report, 2).last().anonymousBytes());
    assertEquals(HUGE - PAGE, process(report, 2).bloatBytes());
  }

  @Test
  void callsThatFailedAreLeftOutUnlessTheyHadAnEffect() {
    ReplayReport report =
        story()
            .mmap(PLACE, HUGE)
            .fill(PLACE, 8 * PAGE)
            .call(EventKind.MUNMAP, -EINVAL, PLACE, HUGE)
            .madvise(PLACE, 4 * PAGE, Madvise.DONTNEED, -EINVAL)
            .munmap(PLACE + 2 * PAGE, PAGE)
            .madvise(PLACE, 4 * PAGE, Madvise.DONTNEED, -ENOMEM)
            .after(1)
            .exit()
            .replay("never");
    assertEquals(2, report.counts().failedCalls());
    assertEquals(0, report.counts().refusedCalls());
    assertEquals(4 * PAGE, only(report).last().anonymousBytes());
    assertEquals(0, only(report).bloatBytes());
  }

  @Test
  void aCollapseThatTheRecorderPreventedIsTriedAgain() {
    Path recording =
        story()
            .mmap(PLACE, HUGE)
            .fill(PLACE, HUGE)
            .madvise(PLACE, HUGE, Madvise.COLLAPSE, -EINVAL)
            .exit()
            .end();
    ReplayReport report =
        Story.replay(recording, Map.of("transparent_hugepage/enabled", "madvise"));
    assertEquals(HUGE, only(report).last().anonHugePagesBytes());
    assertEquals(0, report.counts().refusedCalls());
  }

  @Test
  void aProgramsOwnChoiceAgainstHugePagesHolds() {
    ReplayReport report =
        story()
            .call(EventKind.PRCTL, 0, PR_SET_THP_DISABLE, 1, 0, 0, 0)
            .mmap(PLACE, HUGE)
            .fill(PLACE, HUGE)
            .exit()
            .replay("always");
    assertEquals(0, only(report).peak().anonHugePagesBytes());
    assertEquals(HUGE, only(report).peak().anonymousBytes());
  }

  @Test
  void callsThatFailHereAloneAreReported() {
    ReplayReport report =
        story()
            .after(20)
            .mmap(PLACE, HUGE, READ_WRITE, PRIVATE | MapFlags.HUGETLB)
            .write(PLACE)
            .exit()
            .replay("always");
    assertEquals(1, report.counts().refusedCalls());
    assertEquals(1, report.counts().refusedTouches());
    assertEquals(
        new ReplayCounts.Refusal("mmap", "ENOMEM", 1, 20_000_000, 1),
        report.counts().refusals().getFirst());
    assertTrue(ReplayText.of(report).contains("mmap failed with ENOMEM here"));
  }

  @Test
  void khugepagedRunsByTheRecordedTime() {
    long start = 0x5555_5560_0000L;
    Story story = story().region(RegionKind.HEAP, start, 0, READ_WRITE);
    for (long end = start; end < start + 2 * HUGE; end += 32 * PAGE) {
      story.brk(end + 32 * PAGE, end + 32 * PAGE).fill(end, 32 * PAGE);
    }
    Path recording = story.after(25_000).write(start).after(1).exit().end();
    ReplayReport report = Story.replay(recording, Map.of("transparent_hugepage/enabled", "always"));
    assertEquals(0, report.faults().hugePages());
    assertTrue(report.pagesCollapsed() >= 1);
    assertEquals(2 * HUGE, only(report).last().anonHugePagesBytes());
  }

  @Test
  void aReferenceOverAPagesEndTouchesBoth() {
    ReplayReport report =
        story()
            .mmap(PLACE, HUGE)
            .access(PLACE + PAGE - 4, 8, AccessBits.WRITE)
            .exit()
            .replay("never");
    assertEquals(2 * PAGE, only(report).last().anonymousBytes());
  }

  @Test
  void processesWithoutABeginningAreTakenIn() {
    ReplayReport report =
        story()
            .process(7)
            .mmap(PLACE, PAGE)
            .write(PLACE)
            .exit()
            .write(PLACE)
            .process(1)
            .exit()
            .replay("never");
    assertEquals(1, report.counts().adoptedProcesses());
    assertEquals(1, report.counts().strayEvents());
    assertEquals(PAGE, process(report, 7).last().anonymousBytes());
  }

  @Test
  void aPidMayBeUsedAgain() {
    ReplayReport report =
        story()
            .fork(2)
            .process(2)
            .exec("first")
            .mmap(PLACE, PAGE)
            .write(PLACE)
            .exit()
            .process(1)
            .fork(2)
            .process(2)
            .exec("second")
            .mmap(PLACE, 2 * PAGE)
            .fill(PLACE, 2 * PAGE)
            .comm("renamed")
            .fill(PLACE, 2 * PAGE)
            .exit()
            .replay("never");
    assertEquals(3, report.processes().size());
    assertEquals(PAGE, report.processes().get(1).peak().anonymousBytes());
    assertEquals(2 * PAGE, report.processes().get(2).peak().anonymousBytes());
    assertEquals("renamed", report.processes().get(2).comm());
  }

  @Test
  void theSameRecordingGivesTheSameReport() {
    Path recording =
        story()
            .mmap(PLACE, 4 * HUGE)
            .fill(PLACE, 4 * HUGE)
            .fork(2)
            .process(2)
            .fill(PLACE, HUGE)
            .after(12_000)
            .exit()
            .end();
    Map<String, String> always = Map.of("transparent_hugepage/enabled", "always");
    assertEquals(
        ReplayJson.of(Story.replay(recording, always)).toString(),
        ReplayJson.of(Story.replay(recording, always)).toString());
  }

  @Test
  void aDamagedRecordingIsRefusedOrReadAsFarAsItGoes() throws IOException {
    Path recording = story().mmap(PLACE, HUGE).fill(PLACE, HUGE).end();
    byte[] bytes = Files.readAllBytes(recording);
    Files.write(recording, Arrays.copyOf(bytes, bytes.length - 40));
    ReplayOptions options = ReplayOptions.with(Map.of());
    assertThrows(
        RecordingException.class,
        () -> Replay.run(recording, RecordingReader.Mode.STRICT, options, ReplayObserver.NONE));
    ReplayReport report =
        Replay.run(recording, RecordingReader.Mode.SALVAGE, options, ReplayObserver.NONE);
    assertTrue(report.recording().damage().isPresent());
    assertTrue(ReplayText.caveats(report).contains("only a part was read"));
  }

  @Test
  void aWrongSettingIsRefused() {
    Path recording = story().exit().end();
    SettingException wrong =
        assertThrows(
            SettingException.class,
            () -> Story.replay(recording, Map.of("transparent_hugepage/enabld", "always")));
    assertTrue(wrong.toString().contains("transparent_hugepage/enabled"), wrong.toString());
  }

  @Test
  void aPeakThatHardlyLastsIsSeldomSeen() {
    ReplayReport report =
        story()
            .mmap(PLACE, 2 * HUGE)
            .fill(PLACE, HUGE)
            .after(205)
            .fill(PLACE + HUGE, HUGE)
            .after(20)
            .munmap(PLACE + HUGE, HUGE)
            .after(300)
            .exit()
            .replay("never");
    assertEquals(2 * HUGE, only(report).exactPeak().anonymousBytes());
    assertEquals(HUGE, only(report).peak().anonymousBytes());
    assertEquals(2 * HUGE, report.total().exactPeak().anonymousBytes());
    assertEquals(HUGE, report.total().peak().anonymousBytes());
  }

  @Test
  void aProcessTooShortToBeSeenIsToldExactly() {
    ReplayReport report =
        story().after(1).mmap(PLACE, PAGE).write(PLACE).after(3).exit().replay("never");
    assertEquals(new MemoryFigures(PAGE, PAGE, 0), only(report).peak());
    assertEquals(only(report).exactLast(), only(report).last());
  }
}
