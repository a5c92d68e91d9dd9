package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.stat.PagemapEntry;
import java.util.ArrayList;
import java.util.List;

/** A recorded process and what stands for it in the machine. */
final class ReplayedProcess {
  /** Whose memory a process's figures are. */
  enum Standing {
    /** It has borrowed its parent's memory (vfork): nothing of it counts as its own. */
    BORROWER,
    /**
     * Just forked. Most such processes exec at once; what they have until then counts only if it
     * lasts until a sample is due.
     */
    NEWBORN,
    /** What it has counts. */
    COUNTED,
    /** It is gone. */
    ENDED
  }

  private static final long PAGE_BYTES = 4096;

  private final int pid;
  private final long startNanos;
  private final Process process;
  private final List<String> comms = new ArrayList<>();
  private Standing standing;
  private TouchedPages touched;
  private boolean heapStarted;
  private boolean heirsDiffer;

  // What MemoryMeter last saw, and the most it ever saw.
  private boolean changed;
  private MemoryFigures now = MemoryFigures.ZERO;
  private MemoryFigures peak = MemoryFigures.ZERO;
  private final SampledFigures sampled = new SampledFigures();
  private long bloatBytes;
  private long peakBloatBytes;
  private long pageTableBytes;
  private long peakPageTableBytes;
  private String commAtPeak;
  private long endNanos = -1;

  private ReplayedProcess(
      int pid, long startNanos, Process process, String comm, Standing standing, TouchedPages own) {
    this.pid = pid;
    this.startNanos = startNanos;
    this.process = process;
    this.standing = standing;
    this.touched = own;
    this.commAtPeak = comm;
    comms.add(comm);
  }

  /** A process with memory of its own that it has just begun with. */
  static ReplayedProcess started(int pid, long startNanos, Process process, String comm) {
    return new ReplayedProcess(
        pid, startNanos, process, comm, Standing.COUNTED, new TouchedPages());
  }

  /** A child that {@code process} stands for, with a copy of this one's memory. */
  ReplayedProcess forked(int childPid, long nowNanos, Process child) {
    TouchedPages inherited = touched.copy();
    ReplayedProcess forked =
        new ReplayedProcess(childPid, nowNanos, child, comm(), Standing.NEWBORN, inherited);
    forked.heapStarted = heapStarted;
    if (heirsDiffer) {
      forked.heirsDiffer = true;
      inherited.keepIf(vpn -> child.pagemap(vpn * PAGE_BYTES).present());
    }
    return forked;
  }

  /** A child that uses this one's memory until it execs or exits. */
  ReplayedProcess vforked(int childPid, long nowNanos, Process child) {
    ReplayedProcess vforked =
        new ReplayedProcess(childPid, nowNanos, child, comm(), Standing.BORROWER, touched);
    vforked.heapStarted = heapStarted;
    return vforked;
  }

  int pid() {
    return pid;
  }

  Process process() {
    return process;
  }

  Standing standing() {
    return standing;
  }

  boolean ended() {
    return standing == Standing.ENDED;
  }

  void stand(Standing next) {
    standing = next;
  }

  void end(long nanos) {
    standing = Standing.ENDED;
    endNanos = nanos;
    touched = new TouchedPages();
  }

  TouchedPages touched() {
    return touched;
  }

  /** It has a new memory image, and its own again if it had borrowed one. */
  void renew(String comm) {
    touched = new TouchedPages();
    heapStarted = false;
    heirsDiffer = false;
    name(comm);
  }

  /** Its present name. */
  String comm() {
    return comms.getLast();
  }

  void name(String comm) {
    if (!comm().equals(comm)) {
      comms.add(comm);
    }
  }

  /** Whether it is known where the heap begins. */
  boolean heapStarted() {
    return heapStarted;
  }

  void startHeapAt(long address) {
    process.startHeapAt(address);
    heapStarted = true;
  }

  /** Some of its memory is kept from its children, or given to them empty. */
  void heirsDiffer() {
    heirsDiffer = true;
  }

  /** A page was written: memory of its own, unless it is shared memory. */
  void wrote(long address) {
    long vpn = address >>> 12;
    if (!touched.isWritten(vpn) && isPrivate(address)) {
      touched.markWritten(vpn);
    }
  }

  void read(long address) {
    touched.markRead(address >>> 12);
  }

  private boolean isPrivate(long address) {
    Vma vma = process.memory().vmas().at(address);
    return vma != null && !vma.has(VmFlags.SHARED);
  }

  /** The program asked for this memory to be filled: as good as written where it may write. */
  void populated(long startAddress, long endAddress) {
    Vma vma = process.memory().vmas().find(startAddress);
    while (vma != null && vma.start() < endAddress) {
      if (vma.has(VmFlags.WRITE) && !vma.has(VmFlags.SHARED)) {
        touched.markWritten(
            Math.max(vma.start(), startAddress) >>> 12, Math.min(vma.end(), endAddress) >>> 12);
      }
      vma = process.memory().vmas().next(vma);
    }
  }

  /** What lies in the range now is new or gone: nothing of it has been touched. */
  void forget(long startAddress, long lengthBytes) {
    touched.clear(startAddress >>> 12, (startAddress + lengthBytes + PAGE_BYTES - 1) >>> 12);
  }

  // What MemoryMeter keeps here.

  boolean changed() {
    return changed;
  }

  void changed(boolean changedNow) {
    changed = changedNow;
  }

  MemoryFigures now() {
    return now;
  }

  long pageTableBytes() {
    return pageTableBytes;
  }

  long bloatBytes() {
    return bloatBytes;
  }

  SampledFigures sampled() {
    return sampled;
  }

  /** Reads the process's counters. */
  void measure() {
    now =
        new MemoryFigures(
            process.rssBytes(), process.anonymousBytes(), process.anonHugePagesBytes());
    if (now.rssBytes() >= peak.rssBytes()) {
      commAtPeak = comm();
    }
    peak = peak.max(now);
    pageTableBytes = process.pageTableBytes();
    peakPageTableBytes = Math.max(peakPageTableBytes, pageTableBytes);
  }

  /**
   * Works out how much anonymous memory is mapped that the program has not touched; {@link
   * #measure} first.
   */
  void measureBloat() {
    long unwritten = Math.max(0, now.anonymousBytes() - touched.writtenBytes());
    if (unwritten > 0 && touched.anyRead()) {
      unwritten -= touched.countReadOnly(this::isBacked) * PAGE_BYTES;
    }
    bloatBytes = Math.max(0, unwritten);
    peakBloatBytes = Math.max(peakBloatBytes, bloatBytes);
  }

  private boolean isBacked(long vpn) {
    PagemapEntry entry = process.pagemap(vpn * PAGE_BYTES);
    return entry.present() && !entry.file() && !entry.zero();
  }

  /** What it had; {@code recordingEndNanos} is when it is taken to have ended if it has not. */
  ProcessReport report(long recordingEndNanos) {
    return new ProcessReport(
        pid,
        commAtPeak,
        comms,
        startNanos,
        ended() ? endNanos : recordingEndNanos,
        !ended(),
        sampled.peak(peak),
        sampled.last(now),
        peak,
        now,
        peakBloatBytes,
        bloatBytes,
        peakPageTableBytes,
        process.faults());
  }
}
