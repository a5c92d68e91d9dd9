package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.rmap.AnonVmas;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Page tables that hold nothing and write down what is asked of them. */
final class RecordingRanges implements RangeOperations {
  private final AnonVmas anonVmas;
  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());

  RecordingRanges(AnonVmas anonVmas) {
    this.anonVmas = anonVmas;
  }

  /** What was asked since the last time, pages counted from {@link MmFixture#BASE}. */
  List<String> take() {
    List<String> taken = List.copyOf(calls);
    calls.clear();
    return taken;
  }

  /** As {@link #take}, only what begins with {@code kind}. */
  List<String> take(String kind) {
    return take().stream().filter(call -> call.startsWith(kind)).toList();
  }

  /** Forgets what was asked; also while others ask. */
  void forget() {
    calls.clear();
  }

  private void record(String kind, long start, long end, String more) {
    calls.add(kind + " " + page(start) + "-" + page(end) + (more.isEmpty() ? "" : " " + more));
  }

  private static String page(long address) {
    return address == 0 ? "none" : String.valueOf((address - MmFixture.BASE) >> 12);
  }

  @Override
  public void zap(Vma vma, long startAddress, long endAddress) {
    vma.mm().mmapLock().assertHeld();
    record("zap", startAddress, endAddress, "");
  }

  @Override
  public void freePageTables(
      AddressSpace mm, long startAddress, long endAddress, long floorAddress, long ceilingAddress) {
    String within = "within " + page(floorAddress) + "-" + page(ceilingAddress);
    record("free", startAddress, endAddress, within);
  }

  @Override
  public void changeProtection(Vma vma, long startAddress, long endAddress, boolean tryWritable) {
    vma.assertWriteLocked();
    record("protect", startAddress, endAddress, tryWritable ? "writable" : "");
  }

  @Override
  public void populate(AddressSpace mm, long startAddress, long lengthBytes, boolean ignoreErrors) {
    record("populate", startAddress, startAddress + lengthBytes, ignoreErrors ? "leniently" : "");
    mm.mmapReadLock();
    try {
      long end = startAddress + lengthBytes;
      Vma vma = lengthBytes == 0 ? null : mm.vmas().findIntersection(startAddress, end);
      while (vma != null && vma.start() < end) {
        touch(vma, ignoreErrors);
        vma = mm.vmas().next(vma);
      }
    } finally {
      mm.mmapReadUnlock();
    }
  }

  private void touch(Vma vma, boolean ignoreErrors) {
    if (vma.has(VmFlags.LOCKONFAULT)) {
      return;
    }
    if (!VmFlags.isAccessible(vma.flags()) && !ignoreErrors) {
      throw new MemoryException(Errno.EFAULT);
    }
    if (VmFlags.isPrivateWritable(vma.flags())) {
      anonVmas.prepare(vma);
    }
  }

  @Override
  public void populateLocked(Vma vma, long startAddress, long endAddress) {
    record("populateLocked", startAddress, endAddress, "");
  }

  @Override
  public void mlockRange(Vma vma, long startAddress, long endAddress) {
    vma.assertWriteLocked();
    record(vma.has(VmFlags.LOCKED) ? "mlock" : "munlock", startAddress, endAddress, "");
  }

  @Override
  public void adjustHuge(Vma vma, long startAddress, long endAddress, @Nullable Vma next) {
    vma.assertWriteLocked();
    record("adjust", startAddress, endAddress, next == null ? "" : "and next");
  }

  @Override
  public void khugepagedEnter(Vma vma, long flags) {
    record("khugepaged", vma.start(), vma.end(), "");
  }
}
