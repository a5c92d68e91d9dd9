package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.AccessBits;
import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RegionKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Concludes the memory map that an exec began with from what the text tells of the image's life.
 *
 * <p>perf records only the executable parts. What else Linux maps on exec (6.18, x86-64), and what
 * betrays it:
 *
 * <pre>
 * file's head       read-only, from the file's start up to the executable part
 * read-only data    behind the executable part
 * data              begins at the first written page, or where the loader later mprotects; ends
 *                   with the page whose rest the kernel zeroes, a fault of its own during exec
 * bss               anonymous, from there to where the program break starts
 * [heap]            starts where the first brk call says
 * [vvar]            beneath the vdso
 * [stack]           ends at the top of the address space when it is not randomised; its pages
 *                   above the first one that faults hold arguments and environment, and exec
 *                   reserves 128 KiB beneath these
 * </pre>
 *
 * What else was touched existed before the recording, or its mapping was lost: pages near each
 * other become one region.
 */
final class RegionInference {
  static final long STACK_TOP = 0x7FFF_FFFF_F000L;

  /** exec extends the stack by so much beneath the arguments. */
  private static final long STACK_RESERVE_BYTES = 128 << 10;

  /** Arguments and environment are never larger than a quarter of the usual 8 MiB stack. */
  private static final long ARGUMENTS_LIMIT_BYTES = 2 << 20;

  /** Nothing but a stack is mapped as high as this. */
  private static final long HIGHEST_MAPS = 0x7FF0_0000_0000L;

  /** Data and bss of a program or of its loader reach at most so far behind its code. */
  private static final long PROGRAM_TAIL_BYTES = 1 << 30;

  private static final long LOADER_TAIL_BYTES = 16 << 20;

  private static final long VVAR_BYTES = 6 * AddressSpace.PAGE_BYTES;

  /** Touched pages nearer than this belong together. */
  private static final long CLUSTER_GAP_BYTES = 256 << 10;

  private final ExecImage image;
  private final RegionMap taken = new RegionMap();
  private final List<RecordedRegion> regions = new ArrayList<>();
  private final long[] pages;
  private long stackTop = ExecImage.UNKNOWN;
  private long argumentsStart = ExecImage.UNKNOWN;

  private RegionInference(ExecImage image) {
    this.image = image;
    this.pages = image.unexplained.sortedPages();
  }

  /** The map an image began with: what was recorded of it and what is concluded. */
  static InitialMap of(ExecImage image) {
    RegionInference inference = new RegionInference(image);
    inference.conclude();
    inference.regions.sort(Comparator.comparingLong(RecordedRegion::start));
    return new InitialMap(inference.regions, inference.argumentsStart, inference.stackTop);
  }

  private void conclude() {
    for (RecordedRegion region : image.recorded) {
      if (taken.isFree(region.start(), region.end())) {
        keep(region);
      }
    }
    vvar(); // First: with randomisation it lies above the stack, and would be taken for it.
    stack();
    List<LoadedFile> files = files();
    for (int i = 0; i < files.size(); i++) {
      head(files.get(i));
      tail(files.get(i), i == 0);
    }
    heap();
    clusters();
  }

  private void keep(RecordedRegion region) {
    regions.add(region);
    taken.set(region.start(), region.end(), 0, AddressSpace.NO_TAG);
  }

  /** The executable parts of one file. */
  private record LoadedFile(String name, long start, long end, long startOffset, long endOffset) {
    LoadedFile with(RecordedRegion part) {
      boolean lower = part.start() < start;
      boolean higher = part.end() > end;
      return new LoadedFile(
          name,
          lower ? part.start() : start,
          higher ? part.end() : end,
          lower ? part.fileOffsetBytes() : startOffset,
          higher ? part.fileOffsetBytes() + part.lengthBytes() : endOffset);
    }
  }

  /** The recorded files in the order exec mapped them: the program, then its loader. */
  private List<LoadedFile> files() {
    Map<String, LoadedFile> byName = new LinkedHashMap<>();
    for (RecordedRegion part : image.recorded) {
      if (part.kind() == RegionKind.FILE) {
        long offset = part.fileOffsetBytes();
        LoadedFile only =
            new LoadedFile(
                part.name(), part.start(), part.end(), offset, offset + part.lengthBytes());
        byName.merge(part.name(), only, (before, _) -> before.with(part));
      }
    }
    return List.copyOf(byName.values());
  }

  private void head(LoadedFile file) {
    long start = file.start - file.startOffset;
    if (file.startOffset > 0 && start > 0) {
      addFile(file.name, start, file.start, 0, Mman.PROT_READ);
    }
  }

  private void tail(LoadedFile file, boolean program) {
    long limit = tailLimit(file, program);
    long zeroed = lastBetween(image.zeroedAddresses, file.end, limit);
    long end = tailEnd(file, limit, zeroed, program);
    if (end <= file.end) {
      return;
    }
    long dataStart = Math.min(dataStart(file.end, end), end);
    long dataEnd = zeroed < 0 ? end : AddressSpace.pageOf(zeroed) + AddressSpace.PAGE_BYTES;
    int dataProt = Mman.PROT_READ | Mman.PROT_WRITE;
    addFile(file.name, file.end, dataStart, file.endOffset, Mman.PROT_READ);
    addFile(file.name, dataStart, dataEnd, file.endOffset + dataStart - file.end, dataProt);
    addAnonymous(dataEnd, end, dataProt);
  }

  /** What is behind a file's code and before anything else can only be the same file's. */
  private long tailLimit(LoadedFile file, boolean program) {
    long limit = file.end + (program ? PROGRAM_TAIL_BYTES : LOADER_TAIL_BYTES);
    int above = taken.firstEndingAfter(file.end);
    limit = above < taken.size() ? Math.min(limit, taken.start(above)) : limit;
    return breakFollows(file, limit, program) ? image.breakStart() : limit;
  }

  private boolean breakFollows(LoadedFile file, long limit, boolean program) {
    return program && image.breakStart() >= file.end && image.breakStart() <= limit;
  }

  private long tailEnd(LoadedFile file, long limit, long zeroed, boolean program) {
    boolean fixedPlaces = stackTop == STACK_TOP;
    if (fixedPlaces && breakFollows(file, limit, program)) {
      return AddressSpace.pageUp(image.breakStart());
    }
    return touchedUpTo(zeroed < 0 ? file.end : AddressSpace.pageOf(zeroed), limit);
  }

  /** The end of the touched pages that follow each other closely from there. */
  private long touchedUpTo(long start, long limit) {
    long end = start;
    for (long page : pages) {
      if (page >= end && page < limit && page - end <= CLUSTER_GAP_BYTES) {
        end = page + AddressSpace.PAGE_BYTES;
      }
    }
    return end;
  }

  private static long lastBetween(List<Long> addresses, long start, long end) {
    long last = ExecImage.UNKNOWN;
    for (long address : addresses) {
      last = address >= start && address < end ? Math.max(last, address) : last;
    }
    return last;
  }

  private long dataStart(long start, long end) {
    long first = end;
    for (long address : image.protectedStarts) {
      first = address >= start && address < first ? address : first;
    }
    for (long page : pages) {
      boolean written = (image.unexplained.accesses(page) & AccessBits.WRITE) != 0;
      first = written && page >= start && page < first ? page : first;
    }
    return first;
  }

  private void vvar() {
    for (RecordedRegion region : image.recorded) {
      if (region.name().equals("[vdso]")) {
        long start = region.start() - VVAR_BYTES;
        add(start, region.start(), Mman.PROT_READ, RegionKind.SPECIAL, 0, "[vvar]");
      }
    }
  }

  private void heap() {
    if (image.breakStart() != ExecImage.UNKNOWN) {
      long start = AddressSpace.pageUp(image.breakStart());
      regions.add(
          new RecordedRegion(
              start,
              0,
              Mman.PROT_READ | Mman.PROT_WRITE,
              Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS,
              RegionKind.HEAP,
              0,
              "[heap]",
              true));
    }
  }

  private void stack() {
    long lowest = stackLimit();
    long highest = ExecImage.UNKNOWN;
    long highestFresh = ExecImage.UNKNOWN;
    for (long page : pages) {
      if (page >= lowest && page < STACK_TOP && taken.isFree(page, page + 1)) {
        highest = page;
        boolean fresh = (image.unexplained.accesses(page) & PageEvidence.FRESH) != 0;
        highestFresh = fresh ? page : highestFresh;
      }
    }
    if (highest != ExecImage.UNKNOWN) {
      placeStack(highest, highestFresh);
    }
  }

  /**
   * Stacks are above this. Without randomisation the room for them is beneath the top; with it they
   * are above all that exec mapped, but for the kernel's own pages.
   */
  private long stackLimit() {
    long room = STACK_TOP - RegionMap.GROWTH_LIMIT_BYTES;
    int last = pages.length - 1;
    if (last >= 0 && pages[last] >= STACK_TOP - ARGUMENTS_LIMIT_BYTES) {
      return room;
    }
    long limit = HIGHEST_MAPS;
    for (RecordedRegion region : image.recorded) {
      if (region.kind() != RegionKind.SPECIAL) {
        limit = Math.max(limit, region.end() + LOADER_TAIL_BYTES);
      }
    }
    return limit;
  }

  private void placeStack(long highest, long highestFresh) {
    stackTop = topOfStack(highest);
    argumentsStart =
        highestFresh == ExecImage.UNKNOWN
            ? stackTop - AddressSpace.PAGE_BYTES
            : Math.min(highestFresh, stackTop - 2 * AddressSpace.PAGE_BYTES)
                + AddressSpace.PAGE_BYTES;
    regions.add(
        new RecordedRegion(
            argumentsStart - STACK_RESERVE_BYTES,
            stackTop - argumentsStart + STACK_RESERVE_BYTES,
            Mman.PROT_READ | Mman.PROT_WRITE,
            Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_GROWSDOWN,
            RegionKind.STACK,
            0,
            "[stack]",
            true));
    taken.set(
        argumentsStart - STACK_RESERVE_BYTES, stackTop, RegionMap.GROWS_DOWN, AddressSpace.NO_TAG);
  }

  /** At a random place the arguments are taken to fill one page above the highest that faults. */
  private long topOfStack(long highest) {
    if (highest >= STACK_TOP - ARGUMENTS_LIMIT_BYTES) {
      return STACK_TOP;
    }
    int above = taken.firstEndingAfter(highest);
    long limit = above < taken.size() ? taken.start(above) : STACK_TOP;
    return Math.min(highest + 2 * AddressSpace.PAGE_BYTES, limit);
  }

  private void clusters() {
    long start = 0;
    long end = 0;
    int accesses = 0;
    for (long page : pages) {
      if (taken.findGrowing(page) >= 0) {
        continue;
      }
      if (page - end > CLUSTER_GAP_BYTES || !taken.isFree(Math.max(start, 0), page)) {
        cluster(start, end, accesses);
        start = page;
        accesses = 0;
      }
      end = page + AddressSpace.PAGE_BYTES;
      accesses |= image.unexplained.accesses(page);
    }
    cluster(start, end, accesses);
  }

  private void cluster(long start, long end, int accesses) {
    int exec = (accesses & AccessBits.EXEC) != 0 ? Mman.PROT_EXEC : 0;
    if ((accesses & AccessBits.WRITE) != 0) {
      addAnonymous(start, end, Mman.PROT_READ | Mman.PROT_WRITE | exec);
    } else {
      addFile("", start, end, 0, Mman.PROT_READ | exec);
    }
  }

  private void addFile(String name, long start, long end, long offset, int prot) {
    add(start, end, prot, RegionKind.FILE, offset, name);
  }

  private void addAnonymous(long start, long end, int prot) {
    add(start, end, prot, RegionKind.ANON, 0, "");
  }

  /** Adds those parts of the range that nothing has taken yet. */
  private void add(long start, long end, int prot, RegionKind kind, long offset, String name) {
    long from = Math.max(start, 0);
    while (from < end) {
      int next = taken.firstEndingAfter(from);
      long until = next < taken.size() ? Math.min(taken.start(next), end) : end;
      if (from < until) {
        int flags = Mman.MAP_PRIVATE | (kind == RegionKind.FILE ? 0 : Mman.MAP_ANONYMOUS);
        long partOffset = kind == RegionKind.FILE ? offset + from - start : 0;
        keep(new RecordedRegion(from, until - from, prot, flags, kind, partOffset, name, true));
        from = until;
      } else {
        from = taken.end(next);
      }
    }
  }
}
