package dev.elephantfolio.engine.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.notifier.NotifierRegistration;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.rmap.AnonVmaChain;
import dev.elephantfolio.engine.rmap.AnonVmas;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.Mutations;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.function.Executable;

/**
 * One address space over page tables that hold nothing, and pictures of it.
 *
 * <p>A picture shows one page a letter from {@link #BASE} up; the letter says the flags, a blank is
 * a hole, and a bar stands between neighbours that did not merge: {@code "AA|BB A"}.
 */
final class MmFixture {
  static final long BASE = 0x1000_0000_0000L;
  static final long PAGE = Addresses.PAGE_SIZE;
  static final long MEMORY_PAGES = 4096;

  private static final long READ_WRITE = VmFlags.DATA_DEFAULT;
  private static final int FIXED =
      MapFlags.FIXED | MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.NORESERVE;

  final VmSettings settings = new VmSettings();
  final AnonVmas anonVmas = new AnonVmas();
  final RecordingRanges ranges = new RecordingRanges(anonVmas);
  final Committed committed = new Committed(settings, () -> MEMORY_PAGES, () -> 0);
  final MmContext context = new MmContext(settings, committed, anonVmas, ranges);
  final VmaModify modify = new VmaModify(context);
  final MmapCall mmap = new MmapCall(context);
  final MunmapCall munmap = new MunmapCall(context);
  final MprotectCall mprotect = new MprotectCall(context);
  final BrkCall brk = new BrkCall(context);
  final MlockCalls mlock = new MlockCalls(context);
  final VmaLookup lookup = new VmaLookup(context);
  final StackGrowth stackGrowth = new StackGrowth(context);
  final AddressSpace mm = newAddressSpace(1);

  AddressSpace newAddressSpace(int id) {
    Cpus cpus = new Cpus(2);
    MemMap memMap = new MemMap(MEMORY_PAGES);
    PageTables tables = new PageTables(new PageAllocator(memMap, cpus, 0), memMap, new LongAdder());
    MmuNotifiers notifiers = new NotifierRegistration(cpus, Mutations.NONE).newAddressSpace();
    return new AddressSpace(
        id, tables, notifiers, cpus, settings, Limits.standard(), Capabilities.ALL);
  }

  /** The flags that a letter stands for. */
  static long flagsOf(char letter) {
    return switch (letter) {
      case 'A' -> READ_WRITE;
      case 'B' -> READ_WRITE | VmFlags.RAND_READ;
      case 'C' -> READ_WRITE | VmFlags.SEQ_READ;
      case 'D' -> READ_WRITE | VmFlags.DONTCOPY;
      case 'R' -> READ_WRITE & ~VmFlags.WRITE;
      case 'S' -> READ_WRITE | VmFlags.GROWSDOWN;
      default -> throw new IllegalArgumentException("no flags for " + letter);
    };
  }

  private static char letterOf(long flags) {
    for (char letter : "ABCDRS".toCharArray()) {
      if (flagsOf(letter) == (flags & ~(VmFlags.STICKY | VmFlags.ACCOUNT | VmFlags.NORESERVE))) {
        return letter;
      }
    }
    return '?';
  }

  static long address(long page) {
    return BASE + page * PAGE;
  }

  /** Makes the areas of a picture; bars part areas that would otherwise be one. */
  void draw(String picture) {
    mm.mmapWriteLock();
    int page = 0;
    int begin = 0;
    for (int i = 0; i < picture.length(); i++) {
      char letter = picture.charAt(i);
      if (letter == '|') {
        begin = page;
        continue;
      }
      page++;
      boolean ends = i + 1 == picture.length() || picture.charAt(i + 1) != letter;
      if (ends && letter != ' ') {
        insert(letter, begin, page);
      }
      begin = ends ? page : begin;
    }
    mm.mmapWriteUnlock();
    ranges.take();
  }

  private void insert(char letter, int begin, int end) {
    Vma vma = modify.insert(mm, address(begin), address(end), flagsOf(letter), null, 0);
    mm.accountPages(vma.flags(), vma.pages());
  }

  /** The picture of the areas above {@link #BASE}. */
  String picture() {
    StringBuilder picture = new StringBuilder();
    long at = BASE;
    for (Vma vma = mm.vmas().find(BASE); vma != null; vma = mm.vmas().next(vma)) {
      picture.append(" ".repeat((int) Addresses.pages(vma.start() - at)));
      if (vma.start() == at && !picture.isEmpty()) {
        picture.append('|');
      }
      picture.append(String.valueOf(letterOf(vma.flags())).repeat((int) vma.pages()));
      at = vma.end();
    }
    return picture.toString();
  }

  Vma areaAt(long page) {
    Vma vma = mm.vmas().at(address(page));
    if (vma == null) {
      throw new AssertionError("no area at page " + page + " of " + picture());
    }
    return vma;
  }

  /** Adds a new range as mmap does: merged if it may be. */
  void map(char letter, int from, int to) {
    mm.mmapWriteLock();
    VmaTree tree = mm.vmas();
    MergeRequest request =
        MergeRequest.ofNew(
            mm,
            address(from),
            address(to),
            Addresses.pages(address(from)),
            flagsOf(letter),
            null,
            tree.before(address(from)),
            tree.find(address(from)));
    Vma merged = modify.mergeNew(request);
    if (merged == null) {
      insert(letter, from, to);
    } else {
      mm.accountPages(merged.flags(), to - from);
    }
    mm.mmapWriteUnlock();
  }

  /** Gives a range within one area other flags. */
  void change(char letter, int from, int to) {
    mm.mmapWriteLock();
    Vma vma = areaAt(from);
    long start = address(from);
    Vma changed =
        modify.modifyFlags(
            VmaModify.previousOf(vma, start), vma, start, address(to), flagsOf(letter));
    modify.resetFlags(changed, flagsOf(letter));
    mm.mmapWriteUnlock();
  }

  /** The first write to a page of the area: it gets its anon_vma. */
  void touch(long page) {
    mm.mmapReadLock();
    anonVmas.prepare(areaAt(page));
    mm.mmapReadUnlock();
  }

  /** Private anonymous memory at a page, not charged. */
  void mapFixed(long page, long pages, int prot) {
    assertEquals(address(page), mmap.map(mm, address(page), pages * PAGE, prot, FIXED));
  }

  static void assertErrno(Errno errno, Executable call) {
    assertEquals(errno, assertThrows(MemoryException.class, call).errno());
  }

  /** What must hold of an address space at rest. */
  void check() {
    check(mm);
  }

  static void check(AddressSpace mm) {
    assertFalse(mm.mmapLock().isLocked(), "mmap_lock left held");
    long end = 0;
    long total = 0;
    for (Vma vma : mm.vmas().toArray()) {
      assertTrue(end <= vma.start() && vma.start() < vma.end(), "order at " + vma);
      assertEquals(vma, mm.vmas().at(vma.start()), "the tree's range of " + vma);
      assertEquals(vma, mm.vmas().at(vma.end() - 1), "the tree's range of " + vma);
      assertFalse(vma.isDetached(), "detached in the tree: " + vma);
      assertTrue(vma.tryReadLock(), "locked at rest: " + vma);
      vma.readUnlock();
      checkChains(vma);
      end = vma.end();
      total += vma.pages();
    }
    assertEquals(total, mm.totalVmPages(), "total_vm");
  }

  private static void checkChains(Vma vma) {
    boolean named = vma.anonVma() == null;
    for (AnonVmaChain chain : vma.anonVmaChains()) {
      assertEquals(vma, chain.vma());
      named |= chain.anonVma() == vma.anonVma();
    }
    assertTrue(named, "anon_vma without a chain: " + vma);
  }
}
