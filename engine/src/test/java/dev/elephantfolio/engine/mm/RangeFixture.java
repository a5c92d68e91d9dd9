package dev.elephantfolio.engine.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.stat.PagemapEntry;
import dev.elephantfolio.engine.stat.Smaps;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmaSmaps;
import org.junit.jupiter.api.function.Executable;

/**
 * One process on a small machine, and pictures of what is mapped.
 *
 * <p>A picture shows one page a letter, or one letter for a run of 128 (a quarter of a huge page)
 * in {@link #quarters}:
 *
 * <pre>
 *  .  nothing          s  a small folio        H  a huge page, by a PMD
 *  z  the zero page    L  part of a large      Z  the huge zero page
 *  g  a guard page        folio, by a PTE      ?  a quarter with pages of several kinds
 * </pre>
 */
final class RangeFixture {
  static final long PAGE = 4096;
  static final long HUGE = 2L << 20;
  static final long BASE = 0x1000_0000_0000L;
  static final int READ_WRITE = Prot.READ | Prot.WRITE;

  private static final int QUARTER = 128;
  private static final int ANONYMOUS = MapFlags.PRIVATE | MapFlags.ANONYMOUS;

  final Machine machine =
      Machine.builder()
          .memoryBytes(256L << 20)
          .cpus(1)
          .set("transparent_hugepage/enabled", "madvise")
          .build();
  final Process process = machine.spawn("test");

  /** The byte address of a page of the arena. */
  static long page(long number) {
    return BASE + number * PAGE;
  }

  /** Maps {@code pages} private writable pages at {@code first}, all small when touched. */
  void map(long first, long pages) {
    process.mmap(page(first), pages * PAGE, READ_WRITE, ANONYMOUS | MapFlags.FIXED);
  }

  /** Maps one huge place and writes it, so that a huge page is there. */
  void mapHuge(long first) {
    map(first, 512);
    advise(first, 512, Madvise.HUGEPAGE);
    process.write(page(first), 1);
  }

  /** Maps one huge place with a folio of 512 pages that PTEs map. */
  void mapHugeByPtes(long first) {
    mapHuge(first);
    process.mprotect(page(first), PAGE, Prot.READ);
    process.mprotect(page(first), PAGE, READ_WRITE);
  }

  void write(long first, long pages) {
    for (long i = first; i < first + pages; i++) {
      process.write(page(i), i + 1);
    }
  }

  void advise(long first, long pages, int advice) {
    process.madvise(page(first), pages * PAGE, advice);
  }

  static void assertErrno(Errno errno, Executable call) {
    assertEquals(errno, assertThrows(MemoryException.class, call).errno());
  }

  String picture(long first, long pages) {
    StringBuilder picture = new StringBuilder();
    for (long i = first; i < first + pages; i++) {
      picture.append(letter(process, i));
    }
    return picture.toString();
  }

  String quarters(long first, int quarters) {
    return quarters(process, first, quarters);
  }

  static String quarters(Process of, long first, int quarters) {
    StringBuilder picture = new StringBuilder();
    for (int quarter = 0; quarter < quarters; quarter++) {
      char letter = letter(of, first + (long) quarter * QUARTER);
      for (int i = 1; i < QUARTER; i++) {
        if (letter(of, first + (long) quarter * QUARTER + i) != letter) {
          letter = '?';
        }
      }
      picture.append(letter);
    }
    return picture.toString();
  }

  private static char letter(Process of, long number) {
    PagemapEntry entry = of.pagemap(page(number));
    if (entry.guard()) {
      return 'g';
    }
    if (!entry.present()) {
      return '.';
    }
    if (entry.zero()) {
      return entry.pmd() ? 'Z' : 'z';
    }
    if (entry.pmd()) {
      return 'H';
    }
    return entry.order() == 0 ? 's' : 'L';
  }

  /** Whether the folio of a page has all the flags. */
  boolean folioHas(long number, int flags) {
    MemMap memMap = machine.kernel().memMap();
    PagemapEntry entry = process.pagemap(page(number));
    return (memMap.flags(entry.folio()) & flags) == flags;
  }

  boolean isMlocked(long number) {
    return folioHas(number, FolioFlags.MLOCKED);
  }

  Smaps smapsOf(long number) {
    return areaOf(number).memory();
  }

  VmaSmaps areaOf(long number) {
    return process.smaps().stream()
        .filter(area -> area.startAddress() <= page(number) && page(number) < area.endAddress())
        .findFirst()
        .orElseThrow();
  }

  long count(VmEvent event) {
    return machine.kernel().events().get(event);
  }

  void drain() {
    machine.kernel().folios().lru().drainAll();
  }

  void check() {
    Invariants.check(machine);
  }

  /** Ends the process; then nothing of it may be left. */
  void finish() {
    check();
    process.exit();
    check();
  }
}
