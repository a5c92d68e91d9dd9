package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.RecordedRegion;
import java.util.ArrayList;
import java.util.List;

/**
 * What the text tells of one memory image made by exec, gathered over the whole life of the image
 * and of the processes that inherited it. From this {@link RegionInference} concludes the map that
 * the image began with.
 */
final class ExecImage {
  /** Address not known. */
  static final long UNKNOWN = -1;

  final int pid;
  final String comm;

  /** Mappings that perf recorded while exec was at work. */
  final List<RecordedRegion> recorded = new ArrayList<>();

  /** Where the kernel zeroed the end of a file's data during exec. */
  final List<Long> zeroedAddresses = new ArrayList<>();

  /** Starts of mprotect calls on memory that no record explains: read-only after relocation. */
  final List<Long> protectedStarts = new ArrayList<>();

  final PageEvidence unexplained = new PageEvidence();

  private String file = "";
  private long breakStart = UNKNOWN;

  ExecImage(int pid, String comm) {
    this.pid = pid;
    this.comm = comm;
  }

  String file() {
    return file;
  }

  /** Tells the name that was given to exec. */
  void namedBy(String execFile) {
    file = execFile;
  }

  /** Where the program break starts; {@link #UNKNOWN} if no call told. */
  long breakStart() {
    return breakStart;
  }

  /** Tells where the program break starts. */
  void breakStartsAt(long address) {
    breakStart = address;
  }
}
