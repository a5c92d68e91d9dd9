package dev.elephantfolio.trace.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RegionKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Maps are drawn as {@code START-END PROT KIND NAME}, much as in /proc/PID/maps. */
class RegionInferenceTest {
  @TempDir Path folder;

  private static ExecImage image() {
    return new ExecImage(1, "prog");
  }

  private static void recorded(ExecImage image, long start, long length, long offset, String name) {
    RegionKind kind = name.startsWith("[") ? RegionKind.SPECIAL : RegionKind.FILE;
    image.recorded.add(new RecordedRegion(start, length, 5, 2, kind, offset, name, false));
  }

  private static void touched(ExecImage image, int access, long... pages) {
    for (long page : pages) {
      image.unexplained.add(page, access);
    }
  }

  private static final int FRESH_READ = 1 | PageEvidence.FRESH;
  private static final int FRESH_WRITE = 2 | PageEvidence.FRESH;

  private static void assertMap(String expected, List<RecordedRegion> regions) {
    assertEquals(
        expected.strip(),
        String.join("\n", regions.stream().map(RegionInferenceTest::draw).toList()));
  }

  private static String draw(RecordedRegion region) {
    int prot = region.prot();
    return String.format(
            Locale.ROOT,
            "%x-%x %s%s%s %s %s",
            region.start(),
            region.end(),
            (prot & 1) != 0 ? "r" : "-",
            (prot & 2) != 0 ? "w" : "-",
            (prot & 4) != 0 ? "x" : "-",
            region.kind(),
            region.name())
        .strip();
  }

  /**
   * What Linux 6.18 shows of dash in /proc/PID/maps with address randomisation off, when the
   * relocated part of the data is not yet read-only.
   */
  @Test
  void theMapOfAShell() {
    ExecImage image = image();
    recorded(image, 0x555555558000L, 0x13000, 0x4000, "/bin/dash");
    recorded(image, 0x7ffff7fcb000L, 0x26000, 0x1000, "/lib/ld.so");
    recorded(image, 0x7ffff7fc8000L, 0x2000, 0, "[vdso]");
    image.zeroedAddresses.add(0x555555573240L);
    image.zeroedAddresses.add(0x7ffff7ffe110L);
    image.protectedStarts.add(0x555555571000L);
    image.protectedStarts.add(0x7ffff7ffb000L);
    image.breakStartsAt(0x555555576000L);
    touched(image, FRESH_WRITE, 0x555555573000L, 0x7ffff7ffe000L, 0x7fffffffd000L);
    touched(image, FRESH_READ, 0x55555556c000L, 0x555555572000L, 0x7ffff7fca000L);
    assertMap(
        """
        555555554000-555555558000 r-- FILE /bin/dash
        555555558000-55555556b000 r-x FILE /bin/dash
        55555556b000-555555571000 r-- FILE /bin/dash
        555555571000-555555574000 rw- FILE /bin/dash
        555555574000-555555576000 rw- ANON
        555555576000-555555576000 rw- HEAP [heap]
        7ffff7fc2000-7ffff7fc8000 r-- SPECIAL [vvar]
        7ffff7fc8000-7ffff7fca000 r-x SPECIAL [vdso]
        7ffff7fca000-7ffff7fcb000 r-- FILE /lib/ld.so
        7ffff7fcb000-7ffff7ff1000 r-x FILE /lib/ld.so
        7ffff7ff1000-7ffff7ffb000 r-- FILE /lib/ld.so
        7ffff7ffb000-7ffff7fff000 rw- FILE /lib/ld.so
        7ffffffde000-7ffffffff000 rw- STACK [stack]
        """,
        RegionInference.of(image).regions());
  }

  /** 30,000 bytes of environment: eight pages above the first that faults, as 6.18 shows. */
  @Test
  void argumentsFillTheStackAboveItsFirstFault() {
    ExecImage image = image();
    touched(image, FRESH_WRITE, 0x7fffffff6000L, 0x7fffffff5000L);
    touched(image, 2, 0x7fffffffb000L);
    InitialMap map = RegionInference.of(image);
    assertMap("7ffffffd7000-7ffffffff000 rw- STACK [stack]", map.regions());
    assertEquals(0x7fffffff7000L, map.argumentsStart());
    assertEquals(0x7ffffffff000L, map.stackTop());
  }

  @Test
  void withRandomPlacesTheBreakDoesNotEndTheProgram() {
    ExecImage image = image();
    recorded(image, 0x562d5e3f0000L, 0x5000, 0x2000, "/bin/prog");
    recorded(image, 0x7f2ea5310000L, 0x26000, 0x1000, "/lib/ld.so");
    recorded(image, 0x7ffdd83f8000L, 0x2000, 0, "[vdso]");
    image.zeroedAddresses.add(0x562d5e3f8128L);
    image.breakStartsAt(0x562d5f400000L);
    touched(image, FRESH_WRITE, 0x562d5e3f8000L, 0x562d5e3fa000L, 0x7ffdd833c000L);
    touched(image, FRESH_READ, 0x7ffdd83f4000L);
    assertMap(
        """
        562d5e3ee000-562d5e3f0000 r-- FILE /bin/prog
        562d5e3f0000-562d5e3f5000 r-x FILE /bin/prog
        562d5e3f5000-562d5e3f8000 r-- FILE /bin/prog
        562d5e3f8000-562d5e3f9000 rw- FILE /bin/prog
        562d5e3f9000-562d5e3fb000 rw- ANON
        562d5f400000-562d5f400000 rw- HEAP [heap]
        7f2ea530f000-7f2ea5310000 r-- FILE /lib/ld.so
        7f2ea5310000-7f2ea5336000 r-x FILE /lib/ld.so
        7ffdd831d000-7ffdd833e000 rw- STACK [stack]
        7ffdd83f2000-7ffdd83f8000 r-- SPECIAL [vvar]
        7ffdd83f8000-7ffdd83fa000 r-x SPECIAL [vdso]
        """,
        RegionInference.of(image).regions());
  }

  /** A static program: its bss is 9 MiB of which two pages are touched. */
  @Test
  void aLargeBssIsAnonymousUpToTheBreak() {
    ExecImage image = image();
    recorded(image, 0x401000, 0x78000, 0x1000, "/tmp/static");
    image.zeroedAddresses.add(0x4a6270L);
    image.breakStartsAt(0xdac000);
    touched(image, FRESH_WRITE, 0x4a4000, 0x4a6000, 0x9a4000, 0x7fffffffd000L);
    assertMap(
        """
        400000-401000 r-- FILE /tmp/static
        401000-479000 r-x FILE /tmp/static
        479000-4a4000 r-- FILE /tmp/static
        4a4000-4a7000 rw- FILE /tmp/static
        4a7000-dac000 rw- ANON
        dac000-dac000 rw- HEAP [heap]
        7ffffffde000-7ffffffff000 rw- STACK [stack]
        """,
        RegionInference.of(image).regions());
  }

  /** What perf did record is never overlaid, and pages far from each other are not one region. */
  @Test
  void whatElseWasTouchedBecomesRegionsOfItsOwn() {
    ExecImage image = image();
    recorded(image, 0x10003000, 0x1000, 0, "/x");
    touched(image, FRESH_WRITE, 0x10001000, 0x10002000, 0x10004000, 0x20000000);
    touched(image, FRESH_READ, 0x20010000, 0x30000000);
    touched(image, 4 | PageEvidence.FRESH, 0x30002000);
    assertMap(
        """
        10001000-10003000 rw- ANON
        10003000-10004000 r-x FILE /x
        10004000-10005000 rw- FILE /x
        20000000-20011000 rw- ANON
        30000000-30003000 r-x FILE
        """,
        RegionInference.of(image).regions());
  }

  @Test
  void realTextsGiveTheMapsThatTheKernelShows() throws IOException {
    List<String> events = Excerpt.events("redis-start", folder);
    List<String> map =
        events.subList(1, events.size()).stream()
            .takeWhile(line -> line.contains(" REGION "))
            .map(line ->
                line.replaceFirst(".*start=0x(\\S+) length=(\\S+) .*kind=(\\S+) .*", "$1 $2 $3"))
            .toList();
    assertEquals(
        """
        555555554000 16K FILE
        555555558000 76K FILE
        55555556b000 24K FILE
        555555571000 12K FILE
        555555574000 8K ANON
        555555576000 0 HEAP
        7ffff7fc2000 24K SPECIAL
        7ffff7fc8000 8K SPECIAL
        7ffff7fca000 4K FILE
        7ffff7fcb000 152K FILE
        7ffff7ff1000 40K FILE
        7ffff7ffb000 16K FILE
        7ffffffde000 132K STACK\
        """
            .strip(),
        String.join("\n", map));
  }
}
