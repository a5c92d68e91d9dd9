package dev.elephantfolio.linux.measure;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the live kernel really did with a program, under one or more settings.
 *
 * @param name what the program is called
 * @param command the program and its arguments
 * @param kernel the release it ran on
 * @param modes a run for each name of settings, such as {@code always}
 */
public record Truth(String name, List<String> command, String kernel, Map<String, Mode> modes) {
  public Truth {
    command = List.copyOf(command);
    modes = Collections.unmodifiableMap(new LinkedHashMap<>(modes));
  }

  /**
   * One run.
   *
   * @param exitCode what the program ended with
   * @param vmstat how far the whole machine's counters moved meanwhile, by the kernel's names
   * @param series what was seen, in order of time
   */
  public record Mode(int exitCode, Map<String, Long> vmstat, List<Sample> series) {
    public Mode {
      vmstat = Collections.unmodifiableMap(new LinkedHashMap<>(vmstat));
      series = List.copyOf(series);
    }

    /** The most each process was ever seen to have, by pid, in order of appearance. */
    public Map<Integer, Peak> peaks() {
      Map<Integer, Peak> peaks = new LinkedHashMap<>();
      for (Sample sample : series) {
        sample.processes().forEach((pid, seen) -> peaks.merge(pid, Peak.of(pid, seen), Peak::and));
      }
      return peaks;
    }

    /** The most all processes together were ever seen to have at one time. */
    public long peakAnonymousBytes() {
      return series.stream().mapToLong(Sample::anonymousBytes).max().orElse(0);
    }

    /** The most huge pages all processes together were ever seen to have at one time. */
    public long peakAnonHugePagesBytes() {
      return series.stream().mapToLong(Sample::anonHugePagesBytes).max().orElse(0);
    }
  }

  /**
   * What was seen at one time.
   *
   * @param seconds since the program was started
   * @param processes all of its tree that had memory, by pid
   */
  public record Sample(double seconds, Map<Integer, ProcessSample> processes) {
    public Sample {
      processes = Collections.unmodifiableMap(new LinkedHashMap<>(processes));
    }

    long anonymousBytes() {
      return processes.values().stream().mapToLong(ProcessSample::anonymousBytes).sum();
    }

    long anonHugePagesBytes() {
      return processes.values().stream().mapToLong(ProcessSample::anonHugePagesBytes).sum();
    }
  }

  /**
   * What one process had at one time: the fields of {@code /proc/PID/smaps_rollup}, in bytes, its
   * name and how many faults it had served so far without a disk.
   */
  public record ProcessSample(
      long rssBytes,
      long pssBytes,
      long sharedDirtyBytes,
      long privateDirtyBytes,
      long anonymousBytes,
      long anonHugePagesBytes,
      long shmemPmdMappedBytes,
      String comm,
      long minorFaults) {}

  /**
   * The most a process was ever seen to have of each; not necessarily all at one time.
   *
   * @param comms the names it had, in order
   */
  public record Peak(
      int pid, List<String> comms, long rssBytes, long anonymousBytes, long anonHugePagesBytes) {
    public Peak {
      comms = List.copyOf(comms);
    }

    private static Peak of(int pid, ProcessSample seen) {
      return new Peak(
          pid,
          List.of(seen.comm()),
          seen.rssBytes(),
          seen.anonymousBytes(),
          seen.anonHugePagesBytes());
    }

    private Peak and(Peak later) {
      return new Peak(
          pid,
          comms.contains(later.comms.getFirst()) ? comms : append(comms, later.comms.getFirst()),
          Math.max(rssBytes, later.rssBytes),
          Math.max(anonymousBytes, later.anonymousBytes),
          Math.max(anonHugePagesBytes, later.anonHugePagesBytes));
    }

    private static List<String> append(List<String> names, String name) {
      List<String> longer = new java.util.ArrayList<>(names);
      longer.add(name);
      return longer;
    }
  }
}
