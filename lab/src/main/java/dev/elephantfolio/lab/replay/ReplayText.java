package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.lab.Amounts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** A replay's report for people to read. */
public final class ReplayText {
  private static final String ROW = "%7s %-16s %11s %11s %11s %6s %11s %9s";
  private static final int PROCESSES_SHOWN = 10;
  private static final int COMM_WIDTH = 16;
  private static final int REFUSALS_SHOWN = 5;

  private final ReplayReport report;
  private final StringBuilder text = new StringBuilder();

  private ReplayText(ReplayReport report) {
    this.report = report;
  }

  /** The report as lines of at most 110 columns. */
  public static String of(ReplayReport report) {
    ReplayText text = new ReplayText(report);
    text.heading();
    text.processes();
    text.total();
    text.faults();
    text.text.append(caveats(report));
    return text.text.toString();
  }

  private void line(String line) {
    text.append(line.stripTrailing()).append('\n');
  }

  private void heading() {
    line(recordingLine(report));
    for (Map.Entry<String, String> setting : report.options().settings().entrySet()) {
      line("  " + setting.getKey() + " = " + setting.getValue());
    }
    line("");
  }

  /** One line on what was replayed. */
  public static String recordingLine(ReplayReport report) {
    RecordingSummary recording = report.recording();
    return recording.file()
        + (recording.command().isEmpty() ? "" : ": " + recording.command())
        + " ("
        + Amounts.count(report.counts().events())
        + " events, "
        + Amounts.seconds(recording.durationNanos())
        + ", "
        + Amounts.count(report.processes().size())
        + (report.processes().size() == 1 ? " process)" : " processes)");
  }

  private void processes() {
    line("The most that each process is seen to have by who looks every 0.1 s:");
    line(ROW.formatted("pid", "comm", "RSS", "anonymous", "huge", "", "not touched", "faults"));
    List<ProcessReport> largest = largest(report.processes());
    for (ProcessReport process : largest.subList(0, Math.min(PROCESSES_SHOWN, largest.size()))) {
      row(Integer.toString(process.pid()), process);
    }
    if (largest.size() > PROCESSES_SHOWN) {
      line("        and " + (largest.size() - PROCESSES_SHOWN) + " smaller ones");
    }
    ReplayTotal total = report.total();
    MemoryFigures peak = total.peak();
    line(
        ROW.formatted(
            "",
            "all together",
            Amounts.bytes(peak.rssBytes()),
            Amounts.bytes(peak.anonymousBytes()),
            Amounts.bytes(peak.anonHugePagesBytes()),
            Amounts.percent(total.hugeCoverageAtPeak()),
            Amounts.bytes(total.peakBloatBytes()),
            Amounts.count(report.faults().all())));
    line("");
  }

  /** The processes by how much anonymous memory they had at most, largest first. */
  static List<ProcessReport> largest(List<ProcessReport> processes) {
    List<ProcessReport> sorted = new ArrayList<>(processes);
    sorted.sort(
        Comparator.comparingLong((ProcessReport p) -> p.peak().anonymousBytes()).reversed());
    return sorted;
  }

  private void row(String pid, ProcessReport process) {
    MemoryFigures peak = process.peak();
    String comm = process.comm();
    line(
        ROW.formatted(
            pid,
            comm.length() > COMM_WIDTH ? comm.substring(0, COMM_WIDTH) : comm,
            Amounts.bytes(peak.rssBytes()),
            Amounts.bytes(peak.anonymousBytes()),
            Amounts.bytes(peak.anonHugePagesBytes()),
            Amounts.percent(peak.hugeCoverage()),
            Amounts.bytes(process.peakBloatBytes()),
            Amounts.count(process.faults())));
  }

  private void total() {
    ReplayTotal total = report.total();
    line(
        "memory used     %s at most, shared pages once; page tables %s"
            .formatted(
                Amounts.bytes(total.peakUsedBytes()), Amounts.bytes(total.peakPageTableBytes())));
    line(
        "huge            %s of anonymous memory at its peak, %s on average; in folios above 4K: %s"
            .formatted(
                Amounts.percent(total.hugeCoverageAtPeak()),
                Amounts.percent(total.meanHugeCoverage()),
                Amounts.percent(total.largeCoverageAtPeak())));
    line(
        "splits          %s PMDs, %s folios; waiting to be split: at most %s, %s in the end"
            .formatted(
                Amounts.count(report.count(VmEvent.THP_SPLIT_PMD)),
                Amounts.count(report.count(VmEvent.THP_SPLIT_PAGE)),
                Amounts.count(total.peakDeferredFolios()),
                Amounts.count(total.deferredFolios())));
    line(
        "collapses       %s begun, %s made by khugepaged"
            .formatted(
                Amounts.count(report.count(VmEvent.THP_COLLAPSE_ALLOC)),
                Amounts.count(report.pagesCollapsed())));
    line("copied on write " + Amounts.bytes(report.copiedBytes()));
  }

  private void faults() {
    FaultKinds faults = report.faults();
    line(
        "faults          %s huge, %s large folios, %s small, %s zero page, %s huge zero page,"
            .formatted(
                Amounts.count(faults.hugePages()),
                Amounts.count(faults.largeFolioFaults()),
                Amounts.count(faults.smallPages()),
                Amounts.count(faults.zeroPages()),
                Amounts.count(faults.hugeZeroPages())));
    line(
        "                %s file, %s file copied, %s copied, %s reused"
            .formatted(
                Amounts.count(faults.filePages()),
                Amounts.count(faults.fileCopies()),
                Amounts.count(faults.copies()),
                Amounts.count(faults.reuses())));
  }

  /** What makes the figures less than sure, a line each; nothing when there is nothing. */
  public static String caveats(ReplayReport report) {
    StringBuilder lines = new StringBuilder();
    ReplayCounts counts = report.counts();
    report
        .recording()
        .damage()
        .ifPresent(damage -> lines.append("only a part was read: ").append(damage).append('\n'));
    if (counts.lostEvents() > 0) {
      lines.append("the recorder lost " + Amounts.count(counts.lostEvents()) + " events\n");
    }
    if (counts.refusedTouches() > 0) {
      lines.append(
          Amounts.count(counts.refusedTouches())
              + " touches found no memory (a program's own segmentation faults are among them)\n");
    }
    for (ReplayCounts.Refusal refusal :
        counts.refusals().subList(0, Math.min(REFUSALS_SHOWN, counts.refusals().size()))) {
      lines.append(
          Amounts.count(refusal.count())
              + " "
              + refusal.call()
              + " failed with "
              + refusal.errno()
              + " here but not when recorded, first at "
              + Amounts.seconds(refusal.firstNanos())
              + " in process "
              + refusal.firstPid()
              + '\n');
    }
    if (counts.adoptedProcesses() > 0) {
      lines.append(
          Amounts.count(counts.adoptedProcesses())
              + " processes began before the recording or where it has a gap\n");
    }
    return lines.toString();
  }
}
