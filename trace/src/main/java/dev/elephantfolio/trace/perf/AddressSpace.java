package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.Mman;
import java.util.ArrayList;
import java.util.List;

/** What is known of a memory image while the recording runs: its regions and its break. */
final class AddressSpace {
  static final long PAGE_BYTES = 4096;

  /** A region's tag when no file mapping is meant. */
  static final int NO_TAG = -1;

  final RegionMap regions;

  /** The exec that made the image; a forked process's is its parent's. */
  final ExecImage image;

  /** Threads in the middle of a munmap here. */
  final List<Task> unmapping = new ArrayList<>();

  private boolean breakKnown;
  private long breakEnd;

  AddressSpace(ExecImage image) {
    this(image, new RegionMap());
  }

  private AddressSpace(ExecImage image, RegionMap regions) {
    this.image = image;
    this.regions = regions;
  }

  AddressSpace fork() {
    AddressSpace child = new AddressSpace(image, regions.copy());
    child.breakKnown = breakKnown;
    child.breakEnd = breakEnd;
    return child;
  }

  static long pageUp(long address) {
    return (address + PAGE_BYTES - 1) & -PAGE_BYTES;
  }

  static long pageOf(long address) {
    return address & -PAGE_BYTES;
  }

  /** Does to the regions what the call did; a failed call did nothing. */
  void apply(EventKind kind, long[] arguments, long result, int tag) {
    if (Mman.failed(result)) {
      return;
    }
    switch (kind) {
      case MMAP -> {
        int grows = (arguments[3] & Mman.MAP_GROWSDOWN) != 0 ? RegionMap.GROWS_DOWN : 0;
        regions.set(result, result + pageUp(arguments[1]), grows, tag);
      }
      case MUNMAP -> regions.clear(arguments[0], arguments[0] + pageUp(arguments[1]));
      case MREMAP -> remap(arguments, result);
      case BRK -> moveBreak(result);
      default -> {}
    }
  }

  private void remap(long[] arguments, long result) {
    long oldStart = arguments[0];
    long oldEnd = oldStart + pageUp(arguments[1]);
    long newEnd = result + pageUp(arguments[2]);
    int from = regions.find(oldStart);
    int marks = from < 0 ? 0 : regions.marks(from);
    int tag = from < 0 ? NO_TAG : regions.tag(from);
    if ((arguments[3] & Mman.MREMAP_DONTUNMAP) == 0) {
      regions.clear(oldStart, oldEnd);
    }
    regions.set(result, newEnd, marks, tag);
  }

  private void moveBreak(long result) {
    long newEnd = pageUp(result);
    if (!breakKnown) {
      breakKnown = true;
      breakEnd = newEnd;
    }
    regions.clear(newEnd, breakEnd);
    regions.set(breakEnd, newEnd, 0, NO_TAG);
    breakEnd = newEnd;
  }

  /** Whether a brk result has told where the break is. */
  boolean breakKnown() {
    return breakKnown;
  }
}
