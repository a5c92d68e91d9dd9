package dev.elephantfolio.engine.thp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.stat.VmEvent;
import java.util.Optional;

/** A machine with one process, and short words for what the tests of this room do to it. */
final class ThpFixture {
  static final long PAGE = 4096;
  static final long HUGE = 2 << 20;
  static final int PAGES = 512;
  static final int MAP = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.NORESERVE;
  static final String ROOT = "transparent_hugepage/";

  final Machine machine;
  final Process process;

  ThpFixture() {
    this(256 << 20);
  }

  ThpFixture(long memoryBytes) {
    MachineBuilder builder = Machine.builder().memoryBytes(memoryBytes);
    machine = builder.build();
    process = machine.spawn("test");
  }

  /** An anonymous mapping of {@code places} whole 2 MiB places, alone between gaps. */
  long map(int places) {
    return map(process, places);
  }

  static long map(Process process, int places) {
    long length = (places + 2) * HUGE;
    long whole = process.mmap(0, length, Prot.READ | Prot.WRITE, MAP);
    long start = (whole + HUGE) & -HUGE;
    process.munmap(whole, start - whole);
    long end = start + places * HUGE;
    process.munmap(end, whole + length - end);
    return start;
  }

  /** Writes a different word to each of {@code count} pages. */
  static void fill(Process process, long address, int count) {
    for (int i = 0; i < count; i++) {
      process.write(address + i * PAGE, word(address + i * PAGE));
    }
  }

  void fill(long address, int count) {
    fill(process, address, count);
  }

  static void checkFilled(Process process, long address, int count) {
    for (int i = 0; i < count; i++) {
      long page = address + i * PAGE;
      assertEquals(word(page), process.read(page), () -> "page " + Long.toHexString(page));
    }
  }

  static long word(long address) {
    return address * 0x9E37_79B9_7F4A_7C15L | 1;
  }

  /** Maps a huge page at {@code address} by one touch. */
  static void faultHuge(Process process, long address) {
    process.madvise(address, HUGE, Madvise.HUGEPAGE);
    process.write(address, word(address));
    assertEquals("512H", Table.picture(process, address));
  }

  void faultHuge(long address) {
    faultHuge(process, address);
  }

  /** Splits the huge mapping over {@code address}; the folio stays whole. */
  static void splitMapping(Process process, long address) {
    process.mprotect(address, PAGE, Prot.READ);
    process.mprotect(address, PAGE, Prot.READ | Prot.WRITE);
  }

  /** What khugepaged makes of {@code places} places: two full scans with the area advised. */
  static void scan(Machine machine, Process process, long address, int places) {
    process.madvise(address, places * HUGE, Madvise.HUGEPAGE);
    machine.khugepaged().fullScans(2);
    process.madvise(address, places * HUGE, Madvise.NOHUGEPAGE);
  }

  void scan(long address, int places) {
    scan(machine, process, address, places);
  }

  /** MADV_COLLAPSE with huge pages switched off; the errno when it was refused. */
  static Optional<Errno> collapse(Process process, long address, long lengthBytes) {
    process.madvise(address, lengthBytes, Madvise.HUGEPAGE);
    return advise(process, address, lengthBytes, Madvise.COLLAPSE);
  }

  Optional<Errno> collapse(long address) {
    return collapse(process, address, HUGE);
  }

  static Optional<Errno> advise(Process process, long address, long lengthBytes, int advice) {
    try {
      process.madvise(address, lengthBytes, advice);
      return Optional.empty();
    } catch (MemoryException refused) {
      return Optional.of(refused.errno());
    }
  }

  /** khugepaged's answer to the place at {@code address}, which must be mapped. */
  ScanResult attempt(long address, Purpose purpose) {
    process.memory().mmapReadLock();
    Collapser.Attempt attempt =
        machine.khugepaged().collapser().attempt(vma(address), address, purpose);
    if (!attempt.lockDropped()) {
      process.memory().mmapReadUnlock();
    }
    return attempt.result();
  }

  Vma vma(long address) {
    Vma vma = process.memory().vmas().find(address);
    if (vma == null) {
      throw new AssertionError("nothing mapped at " + Long.toHexString(address));
    }
    return vma;
  }

  String picture(long address) {
    return Table.picture(process, address);
  }

  void set(String name, Object value) {
    machine.set(ROOT + name, value.toString());
  }

  long count(VmEvent event) {
    return machine.kernel().events().get(event);
  }

  /** As if another thread held the lock of the folio; or no longer. */
  void lockedElsewhere(int folio, boolean locked) {
    if (locked) {
      machine.kernel().memMap().setFlag(folio, FolioFlags.LOCKED);
    } else {
      machine.kernel().memMap().clearFlag(folio, FolioFlags.LOCKED);
    }
  }

  /** Ends every process and checks that nothing is left behind. */
  void finish() {
    Invariants.check(machine);
    for (Process living : machine.processes()) {
      living.exit();
    }
    Invariants.check(machine);
  }
}
