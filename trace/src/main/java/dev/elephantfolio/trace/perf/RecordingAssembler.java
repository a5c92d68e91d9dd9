package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.AccessBits;
import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RecordingWriter;
import dev.elephantfolio.trace.RegionKind;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The second pass of an import: writes the events that the first put aside, each EXEC followed by
 * the memory map concluded for it, each touch marked if it lies in a region that no record
 * explains. A touch that even then lies nowhere gets a region of its page just before it, so that
 * whoever replays the recording finds every touched page mapped.
 */
final class RecordingAssembler {
  private final RecordingReader events;
  private final RecordingWriter writer;
  private final Collected collected;
  private final ExecMaps execMaps;
  private final Map<Integer, AddressSpace> spaces = new HashMap<>();
  private final Map<Integer, Integer> execCounts = new HashMap<>();
  private final long[] arguments = new long[8];
  private long eventIndex;
  private int imageIndex;
  // Touches come in runs of one process.
  private int lastPid = -1;
  private AddressSpace lastSpace = Task.NONE.space;

  RecordingAssembler(
      RecordingReader events, RecordingWriter writer, Collected collected, ExecMaps execMaps) {
    this.events = events;
    this.writer = writer;
    this.collected = collected;
    this.execMaps = execMaps;
  }

  void run() throws IOException {
    for (eventIndex = 0; events.next(); eventIndex++) {
      switch (events.kind()) {
        case TOUCH -> touch();
        case EXEC -> exec();
        case FORK -> fork();
        case EXIT -> exit();
        case REGION -> region();
        case MMAP -> mmap();
        case MUNMAP, MREMAP, BRK -> changeMap();
        default -> writer.copy(events);
      }
    }
  }

  private AddressSpace space() {
    int pid = events.pid();
    if (pid != lastPid) {
      lastSpace = spaces.computeIfAbsent(pid, _ -> new AddressSpace(Task.NONE.space.image));
      lastPid = pid;
    }
    return lastSpace;
  }

  private void put(int pid, AddressSpace space) {
    spaces.put(pid, space);
    lastPid = -1;
  }

  private void touch() throws IOException {
    RegionMap regions = space().regions;
    long address = events.address();
    int access = events.access();
    int index = regions.findGrowing(address);
    if (index < 0) {
      mapTouchedPage(regions, address, access);
      index = regions.find(address);
    }
    boolean inferred = (regions.marks(index) & RegionMap.INFERRED) != 0;
    writer.touch(
        events.timeNanos(),
        events.pid(),
        events.tid(),
        address,
        inferred ? access | AccessBits.INFERRED : access);
  }

  private void mapTouchedPage(RegionMap regions, long address, int access) throws IOException {
    long page = AddressSpace.pageOf(address);
    int exec = (access & AccessBits.EXEC) != 0 ? Mman.PROT_EXEC : 0;
    RecordedRegion region =
        new RecordedRegion(
            page,
            AddressSpace.PAGE_BYTES,
            Mman.PROT_READ | Mman.PROT_WRITE | exec,
            Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS,
            RegionKind.ANON,
            0,
            "",
            true);
    writer.region(events.timeNanos(), events.pid(), events.tid(), region);
    regions.set(page, region.end(), RegionMap.INFERRED, AddressSpace.NO_TAG);
  }

  private void exec() throws IOException {
    ExecImage image = collected.images().get(imageIndex++);
    int pid = events.pid();
    AddressSpace space = new AddressSpace(image);
    put(pid, space);
    writer.exec(events.timeNanos(), pid, events.tid(), image.file(), image.comm);
    int execOfProcess = execCounts.merge(pid, 1, Integer::sum) - 1;
    List<RecordedRegion> seen = execMaps.at(pid, execOfProcess, image.comm, image.file());
    InitialMap concluded = RegionInference.of(image);
    for (RecordedRegion region : seen.isEmpty() ? concluded.regions() : seen) {
      begin(space.regions, region);
    }
    touchArguments(concluded);
  }

  private void begin(RegionMap regions, RecordedRegion region) throws IOException {
    writer.region(events.timeNanos(), events.pid(), events.tid(), region);
    int marks = region.inferred() ? RegionMap.INFERRED : 0;
    boolean grows = (region.flags() & Mman.MAP_GROWSDOWN) != 0;
    regions.set(
        region.start(),
        region.end(),
        marks | (grows ? RegionMap.GROWS_DOWN : 0),
        AddressSpace.NO_TAG);
  }

  /** exec fills these pages by another way than faults, so that no line tells of them. */
  private void touchArguments(InitialMap map) throws IOException {
    int access = AccessBits.WRITE | AccessBits.KERNEL | AccessBits.INFERRED | AccessBits.SYNTHETIC;
    for (long page = map.argumentsStart(); page < map.stackTop(); ) {
      writer.touch(events.timeNanos(), events.pid(), events.tid(), page, access);
      page += AddressSpace.PAGE_BYTES;
    }
  }

  private void fork() throws IOException {
    int childTid = (int) events.argument(0);
    int childPid = (int) events.argument(1);
    long flags = collected.corrections().forkFlags(eventIndex, events.argument(2));
    AddressSpace parent = space();
    put(childPid, (flags & Mman.CLONE_VM) != 0 ? parent : parent.fork());
    writer.fork(events.timeNanos(), events.pid(), events.tid(), childPid, childTid, flags);
  }

  private void exit() throws IOException {
    if (events.argument(0) != 0) {
      spaces.remove(events.pid());
      execCounts.remove(events.pid());
      lastPid = -1;
    }
    writer.copy(events);
  }

  private void region() throws IOException {
    RecordedRegion region = events.region();
    space().regions.set(region.start(), region.end(), 0, AddressSpace.NO_TAG);
    writer.copy(events);
  }

  private void mmap() throws IOException {
    applyCall();
    String name = collected.corrections().mappedName(eventIndex);
    arguments[6] = writer.string(name);
    writer.call(
        EventKind.MMAP, events.timeNanos(), events.pid(), events.tid(), arguments, events.result());
  }

  private void changeMap() throws IOException {
    applyCall();
    writer.copy(events);
  }

  private void applyCall() {
    EventKind kind = events.kind();
    for (int i = 0; i < kind.argumentCount(); i++) {
      arguments[i] = events.argument(i);
    }
    space().apply(kind, arguments, events.result(), AddressSpace.NO_TAG);
  }
}
