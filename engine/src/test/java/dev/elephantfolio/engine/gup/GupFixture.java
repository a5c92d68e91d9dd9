package dev.elephantfolio.engine.gup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.sync.Mutation;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.function.Executable;

/** A machine with one process, and short words for what the tests of this room do to it. */
final class GupFixture {
  static final long PAGE = 4096;
  static final long HUGE = 2 << 20;
  static final int RW = Prot.READ | Prot.WRITE;
  static final int MAP = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.NORESERVE;

  final Machine machine;
  final Process process;
  private final long freeAtStart;

  GupFixture() {
    this(MachineBuilder.ContentsKind.TAGS);
  }

  GupFixture(MachineBuilder.ContentsKind contents) {
    this(Machine.builder().contents(contents));
  }

  /** A machine without one of its protections. */
  static GupFixture without(Mutation protection) {
    return new GupFixture(Machine.builder().without(Set.of(protection)));
  }

  private GupFixture(MachineBuilder builder) {
    machine = builder.memoryBytes(256 << 20).build();
    freeAtStart = machine.freeBytes();
    process = machine.spawn("parent");
  }

  /** An anonymous mapping of {@code bytes} at a multiple of 2 MiB, alone between gaps. */
  long map(long bytes) {
    long length = (bytes + 3 * HUGE) & -HUGE;
    long whole = process.mmap(0, length, RW, MAP);
    long start = (whole + HUGE) & -HUGE;
    process.munmap(whole, start - whole);
    process.munmap(start + bytes, whole + length - start - bytes);
    process.madvise(start, bytes, Madvise.NOHUGEPAGE);
    return start;
  }

  /** A 2 MiB place, mapped by one huge page. */
  long mapHuge() {
    long at = map(HUGE);
    process.madvise(at, HUGE, Madvise.HUGEPAGE);
    process.write(at, 1);
    assertEquals(9, process.pagemap(at).order());
    fill(process, at, HUGE, 1);
    return at;
  }

  /** A place of 2 MiB with folios of {@code order}. */
  long mapFoliosOf(int order) {
    String size = "transparent_hugepage/hugepages-" + (4 << order) + "kB/enabled";
    machine.set(size, "always");
    long at = map(HUGE);
    process.madvise(at, HUGE, Madvise.HUGEPAGE);
    machine.set("transparent_hugepage/hugepages-2048kB/enabled", "never");
    fill(process, at, HUGE, 1);
    machine.set("transparent_hugepage/hugepages-2048kB/enabled", "inherit");
    machine.set(size, "never");
    assertEquals(order, process.pagemap(at).order());
    return at;
  }

  /** Makes the huge mapping one of small entries; the folio stays whole. */
  void splitMapping(long at) {
    process.mprotect(at, PAGE, Prot.READ);
    process.mprotect(at, PAGE, RW);
  }

  /** Writes a word of its own, made from {@code seed}, to each page. */
  static void fill(Process process, long address, long bytes, int seed) {
    for (long at = address; at < address + bytes; at += PAGE) {
      process.write(at, word(at, seed));
    }
  }

  static void checkFilled(Process process, long address, long bytes, int seed) {
    for (long at = address; at < address + bytes; at += PAGE) {
      assertEquals(word(at, seed), process.read(at), "page " + Long.toHexString(at));
    }
  }

  /** Checks that held pages have what {@link #fill} put at their addresses. */
  static void checkFilled(PinnedPages pages, int seed) {
    for (long at = 0; at < pages.availableBytes(); at += PAGE) {
      assertEquals(word(pages.address() + at, seed), pages.read(at), "page at " + at);
    }
  }

  static long word(long address, int seed) {
    return (address + seed) * 0x9E37_79B9_7F4A_7C15L | 1;
  }

  /** Puts folios on the LRU lists that are still on their way, with a reference each. */
  void drain() {
    machine.kernel().folios().lru().drainAll();
  }

  int pfn(long address) {
    return process.pagemap(address).pfn();
  }

  int refCount(int pfn) {
    int head = machine.kernel().memMap().head(pfn);
    return machine.kernel().memMap().refCount(head);
  }

  int pinCount(int pfn) {
    int head = machine.kernel().memMap().head(pfn);
    return machine.kernel().memMap().pinCount(head);
  }

  int order(int pfn) {
    return machine.kernel().memMap().order(pfn);
  }

  boolean maybePinned(int pfn) {
    return machine.kernel().mapCounts().maybeDmaPinned(machine.kernel().memMap().head(pfn));
  }

  boolean isExclusive(int pfn) {
    return machine.kernel().mapCounts().isExclusive(pfn);
  }

  long count(VmEvent event) {
    return machine.kernel().events().get(event);
  }

  long count(int order, ThpStat stat) {
    return machine.kernel().thpStats().get(order, stat);
  }

  static Optional<Errno> errno(Executable call) {
    try {
      call.execute();
      return Optional.empty();
    } catch (MemoryException refused) {
      return Optional.of(refused.errno());
    } catch (Throwable other) {
      throw new AssertionError(other);
    }
  }

  void check() {
    Invariants.check(machine);
  }

  /** Ends every process and checks that nothing is left behind. */
  void finish() {
    check();
    machine.processes().forEach(Process::exit);
    check();
    machine.kernel().pins().forEachHold((page, _, _) -> fail("a pin is left of page " + page));
    int _ = machine.kernel().hugeZero().shrink();
    assertEquals(freeAtStart, machine.freeBytes(), "free memory");
  }
}
