package dev.elephantfolio.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.Optional;
import org.junit.jupiter.api.function.Executable;

/** A machine with one process that has some memory, each page with a word of its own. */
final class IoFixture {
  static final long PAGE = 4096;
  static final long HUGE = 2 << 20;
  private static final int RW = Prot.READ | Prot.WRITE;
  private static final int MAP = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.NORESERVE;

  final Machine machine;
  final Process process;
  private final long freeAtStart;

  IoFixture(ContentsKind contents) {
    machine = Machine.builder().memoryBytes(128 << 20).contents(contents).build();
    freeAtStart = machine.freeBytes();
    process = machine.spawn("process");
  }

  long mapSmall(long bytes) {
    long at = map(bytes);
    process.madvise(at, bytes, Madvise.NOHUGEPAGE);
    fill(at, bytes);
    return at;
  }

  long mapHuge(long bytes) {
    long at = map(bytes);
    process.madvise(at, bytes, Madvise.HUGEPAGE);
    fill(at, bytes);
    assertTrue(process.pagemap(at).pmd());
    return at;
  }

  /** At a multiple of 2 MiB, between gaps. */
  private long map(long bytes) {
    long length = (bytes + 3 * HUGE) & -HUGE;
    long whole = process.mmap(0, length, RW, MAP);
    long start = (whole + HUGE) & -HUGE;
    process.munmap(whole, start - whole);
    process.munmap(start + bytes, whole + length - start - bytes);
    return start;
  }

  private void fill(long address, long bytes) {
    for (long at = address; at < address + bytes; at += PAGE) {
      process.write(at, filled(at));
    }
  }

  /** What a page was filled with. */
  long filled(long address) {
    return (address >>> 12) * 0x9E37_79B9_7F4A_7C15L | 1;
  }

  Optional<Errno> errno(Executable call) {
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
    assertEquals(freeAtStart, machine.freeBytes(), "free memory");
  }
}
