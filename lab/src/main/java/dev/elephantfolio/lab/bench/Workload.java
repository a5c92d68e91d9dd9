package dev.elephantfolio.lab.bench;

import static dev.elephantfolio.lab.bench.Workload.Kind.ENGINE;
import static dev.elephantfolio.lab.bench.Workload.Kind.LARGE_MEMORY;
import static dev.elephantfolio.lab.bench.Workload.Kind.MEMORY;
import static dev.elephantfolio.lab.bench.Workload.Kind.RECORDING;

import java.util.ArrayList;
import java.util.List;

/** What can be measured. */
public enum Workload {
  FAULT_4K("fault-4k", ENGINE, "4 KiB faults: the first write to each page"),
  FAULT_64K("fault-64k", ENGINE, "64 KiB faults: one write to each folio"),
  FAULT_2M("fault-2m", ENGINE, "2 MiB faults: one write to each huge page"),
  FORK("fork", ENGINE, "4 KiB pages copied by fork, in page tables"),
  COW("cow", ENGINE, "4 KiB pages written, and so copied, after a fork"),
  MUNMAP_4K("munmap-4k", ENGINE, "4 KiB pages unmapped and freed"),
  MUNMAP_2M("munmap-2m", ENGINE, "huge pages unmapped and freed"),
  SPLIT("split", ENGINE, "huge pages split to 4 KiB, by madvise(MADV_COLD) of one page in each"),
  COLLAPSE("collapse", ENGINE, "512 pages made one huge page, by madvise(MADV_COLLAPSE)"),
  RECORDING_READ("recording-read", RECORDING, "events read from a recording"),
  PERF_TEXT("perf-text", RECORDING, "lines of perf script text made a recording"),
  MEMORY_FRAME_4K("memory-per-frame-4k", MEMORY, "a 4 KiB frame that is allocated"),
  MEMORY_FRAME_2M("memory-per-frame-2m", MEMORY, "a 2 MiB block that is one folio"),
  MEMORY_MAPPED_4K("memory-mapped-4k", MEMORY, "a 4 KiB page that is mapped and written"),
  MEMORY_MAPPED_2M("memory-mapped-2m", MEMORY, "a huge page that is mapped and written"),
  MEMORY_1T_HUGE("memory-1t-huge", LARGE_MEMORY, "a machine of 1 TiB filled with huge pages"),
  MEMORY_1T_4K("memory-1t-4k", LARGE_MEMORY, "a machine of 1 TiB filled with 4 KiB pages");

  /** How it is measured, and against what. */
  public enum Kind {
    /** Operations a second of the engine, and of the live kernel when that is asked for. */
    ENGINE,
    /** Operations a second of reading and importing recordings. */
    RECORDING,
    /** Heap that the metadata of a simulated machine takes. */
    MEMORY,
    /** The same of machines so large that they are measured only when asked for. */
    LARGE_MEMORY
  }

  private final String label;
  private final Kind kind;
  private final String operation;

  Workload(String label, Kind kind, String operation) {
    this.label = label;
    this.kind = kind;
    this.operation = operation;
  }

  /** Its name on the command line and in reports. */
  public String label() {
    return label;
  }

  public Kind kind() {
    return kind;
  }

  /** What is counted. */
  public String operation() {
    return operation;
  }

  /** Everything that is measured unless something else is asked for. */
  public static List<Workload> usual() {
    List<Workload> usual = new ArrayList<>(List.of(values()));
    usual.removeIf(workload -> workload.kind == Kind.LARGE_MEMORY);
    return usual;
  }

  /** Those that are measured only when asked for. */
  public static List<Workload> large() {
    List<Workload> large = new ArrayList<>(List.of(values()));
    large.removeIf(workload -> workload.kind != Kind.LARGE_MEMORY);
    return large;
  }

  /**
   * Those of that name, or else the usual ones whose names begin with it as with a word: {@code
   * munmap} is munmap-4k and munmap-2m. None when there is no such name.
   */
  public static List<Workload> named(String name) {
    for (Workload workload : values()) {
      if (workload.label.equals(name)) {
        return List.of(workload);
      }
    }
    List<Workload> group = usual();
    group.removeIf(workload -> !workload.label.startsWith(name + "-"));
    return group;
  }
}
