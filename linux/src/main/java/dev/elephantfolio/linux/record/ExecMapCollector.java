package dev.elephantfolio.linux.record;

import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RegionKind;
import dev.elephantfolio.trace.perf.ExecMaps;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gathers the memory map that each exec makes, out of perf's records of every mapping. The kernel
 * maps a program whole and then its parts over that, so a later mapping cuts what it covers of
 * earlier ones. The program break is where the first {@code brk(0)} says.
 *
 * <p>Not thread-safe: filled while the text is read, and asked when it has been.
 */
final class ExecMapCollector implements ExecMaps {
  /** {@code : PERF_RECORD_MMAP2 PID/TID: [START(LENGTH) @ OFFSET ...]: PROT NAME}. */
  private static final Pattern MAP =
      Pattern.compile(
          ".*?\\[0x([0-9a-f]+)\\(0x([0-9a-f]+)\\) @ (?:0x)?([0-9a-f]+) .*?\\]: ([-rwxsp]+) (.*)");

  private static final String EXEC_RESULT = "sys_exit_execve";
  private static final String BREAK_ASKED = "sys_enter_brk: brk: 0x00000000";
  private static final String BREAK_CALL = "sys_enter_brk:";
  private static final String BREAK_RESULT = "sys_exit_brk: 0x";
  private static final long PAGE_BYTES = 4096;

  /** Executing: the kernel makes maps. Asking: brk(0) was called. */
  private enum State {
    EXECUTING,
    EXECUTED,
    ASKING_BREAK
  }

  private final Map<String, Image> watched = new HashMap<>();
  private final Map<Integer, Deque<Image>> images = new HashMap<>();

  /** What one exec made. */
  private static final class Image {
    final String comm;
    final NavigableMap<Long, RecordedRegion> regions = new TreeMap<>();
    State state = State.EXECUTING;

    Image(String comm) {
      this.comm = comm;
    }
  }

  /** Whether the beginning of some process is being followed, and so its calls are wanted. */
  boolean watching() {
    return !watched.isEmpty();
  }

  /** Whether an exec of that process is making its map. */
  boolean executing(String pid) {
    Image image = watched.get(pid);
    return image != null && image.state == State.EXECUTING;
  }

  /** An exec has thrown away the old memory and begins with the new. */
  void exec(String pid, String comm) {
    Image image = new Image(comm);
    watched.put(pid, image);
    images.computeIfAbsent(Integer.valueOf(pid), _ -> new ArrayDeque<>()).add(image);
  }

  /** A mapping, as perf records it. */
  void map(String pid, String record) {
    Image image = watched.get(pid);
    if (image != null) {
      region(record).ifPresent(region -> place(image.regions, region));
    }
  }

  /** The begin or end of a call, as perf prints it from {@code sys_} on. */
  void call(String pid, String event) {
    Image image = watched.get(pid);
    if (image == null) {
      return;
    }
    if (event.startsWith(EXEC_RESULT)) {
      image.state = State.EXECUTED;
    } else if (event.startsWith(BREAK_CALL)) {
      image.state = event.startsWith(BREAK_ASKED) ? State.ASKING_BREAK : State.EXECUTED;
    } else if (event.startsWith(BREAK_RESULT)) {
      breakIs(image, Long.parseUnsignedLong(event.substring(BREAK_RESULT.length()).strip(), 16));
      watched.remove(pid);
    }
  }

  private static void breakIs(Image image, long address) {
    if (image.state == State.ASKING_BREAK) {
      long start = pageUp(address);
      image.regions.putIfAbsent(
          start,
          new RecordedRegion(
              start,
              0,
              Mman.PROT_READ | Mman.PROT_WRITE,
              Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS,
              RegionKind.HEAP,
              0,
              "[heap]",
              false));
    }
  }

  private static Optional<RecordedRegion> region(String record) {
    Matcher map = MAP.matcher(record);
    if (!map.matches()) {
      return Optional.empty();
    }
    long start = Long.parseUnsignedLong(map.group(1), 16);
    long end = pageUp(start + Long.parseUnsignedLong(map.group(2), 16));
    String prot = map.group(4);
    String name = map.group(5).equals("//anon") ? "" : map.group(5);
    RegionKind kind = kindOf(name);
    long offset = kind == RegionKind.FILE ? Long.parseUnsignedLong(map.group(3), 16) : 0;
    return Optional.of(
        new RecordedRegion(
            start, end - start, protOf(prot), flagsOf(kind, prot), kind, offset, name, false));
  }

  private static RegionKind kindOf(String name) {
    return switch (name) {
      case "" -> RegionKind.ANON;
      case "[stack]" -> RegionKind.STACK;
      default -> name.startsWith("[v") ? RegionKind.SPECIAL : RegionKind.FILE;
    };
  }

  private static int protOf(String prot) {
    return (prot.contains("r") ? Mman.PROT_READ : 0)
        | (prot.contains("w") ? Mman.PROT_WRITE : 0)
        | (prot.contains("x") ? Mman.PROT_EXEC : 0);
  }

  private static int flagsOf(RegionKind kind, String prot) {
    return (prot.contains("s") ? Mman.MAP_SHARED : Mman.MAP_PRIVATE)
        | (kind == RegionKind.FILE ? 0 : Mman.MAP_ANONYMOUS)
        | (kind == RegionKind.STACK ? Mman.MAP_GROWSDOWN : 0);
  }

  /** Puts a region into a map, over what is there. */
  private static void place(NavigableMap<Long, RecordedRegion> regions, RecordedRegion placed) {
    Map.Entry<Long, RecordedRegion> before = regions.lowerEntry(placed.start());
    long from = before == null ? placed.start() : before.getKey();
    List<RecordedRegion> covered =
        List.copyOf(regions.subMap(from, true, placed.end(), false).values());
    for (RecordedRegion old : covered) {
      if (old.end() > placed.start()) {
        regions.remove(old.start());
        part(old, old.start(), placed.start()).ifPresent(left -> regions.put(left.start(), left));
        part(old, placed.end(), old.end()).ifPresent(right -> regions.put(right.start(), right));
      }
    }
    regions.put(placed.start(), placed);
  }

  private static Optional<RecordedRegion> part(RecordedRegion whole, long start, long end) {
    if (start >= end) {
      return Optional.empty();
    }
    long skipped = whole.kind() == RegionKind.FILE ? start - whole.start() : 0;
    return Optional.of(
        new RecordedRegion(
            start,
            end - start,
            whole.prot(),
            whole.flags(),
            whole.kind(),
            whole.fileOffsetBytes() + skipped,
            whole.name(),
            whole.inferred()));
  }

  private static long pageUp(long address) {
    return (address + PAGE_BYTES - 1) & -PAGE_BYTES;
  }

  /**
   * The map of a process's next exec. A pid may come again, so they are given in their order, and
   * one whose name is another's is of an exec that nobody asks for.
   */
  @Override
  public List<RecordedRegion> at(int pid, int execOfProcess, String comm, String file) {
    Deque<Image> made = images.getOrDefault(pid, new ArrayDeque<>());
    while (!made.isEmpty()) {
      Image image = made.remove();
      if (image.comm.equals(comm)) {
        return new ArrayList<>(image.regions.values());
      }
    }
    return List.of();
  }
}
