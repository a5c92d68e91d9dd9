package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.linux.Need;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** An open live machine with one process, A, and what tests of it need again and again. */
abstract class LiveFixture {
  static final long WINDOW = 0x100000000000L;
  static final long PAGE = 4096;
  static final long HUGE = 2 << 20;
  static final int RW = 3;
  static final int PRIVATE_FIXED_ANONYMOUS = 0x32;
  static final int SHARED_FIXED_ANONYMOUS = 0x31;
  static final int ENOMEM = 12;
  static final int EFAULT = 14;
  static final int EEXIST = 17;
  static final int EINVAL = 22;
  static final int SIGSEGV = 11;
  static final int DONTNEED = 4;
  static final int FREE = 8;
  static final int HUGEPAGE = 14;
  static final int COLD = 20;
  static final int COLLAPSE = 25;
  static final int GUARD_INSTALL = 102;
  static final long LRU = 1 << 5;
  static final long SWAPBACKED = 1 << 14;
  static final long HEAD = 1 << 15;
  static final long TAIL = 1 << 16;
  static final long UNEVICTABLE = 1 << 18;
  static final long ZERO_PAGE = 1 << 24;
  static final String THP = "transparent_hugepage/";

  LiveMachine machine;
  LiveProcess a;

  @BeforeEach
  void open() {
    Need.liveMachine();
    machine = LiveMachine.open(Map.of(), _ -> {});
    a = machine.spawn("A");
  }

  @AfterEach
  void close() {
    if (machine != null) {
      machine.close();
    }
  }

  static void ok(LiveResult result) {
    assertEquals(0, result.errno());
  }

  void map(long address, long lengthBytes) {
    assertEquals(address, a.mmap(address, lengthBytes, RW, PRIVATE_FIXED_ANONYMOUS).value());
  }

  void mapHuge(long address, long lengthBytes) {
    map(address, lengthBytes);
    ok(a.madvise(address, lengthBytes, HUGEPAGE));
  }

  static void store(LiveProcess process, long address, long pages, long word) {
    assertEquals(new LiveStore(0, pages), process.store(address, pages, word));
  }

  LiveMemory look(LiveProcess process, long start, long end) {
    return machine
        .observe(List.of(process), List.of(new AddressRange(start, end)), true)
        .getFirst();
  }

  static long load(LiveProcess process, long address) {
    LiveLoad load = process.load(address, 1);
    assertEquals(0, load.signal());
    return load.words().get(0);
  }

  long anonHuge() {
    return look(a, WINDOW, WINDOW + HUGE).areas().getFirst().field("AnonHugePages");
  }
}
