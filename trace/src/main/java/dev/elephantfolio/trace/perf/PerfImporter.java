package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.RecordingException;
import dev.elephantfolio.trace.RecordingHeader;
import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RecordingSpool;
import dev.elephantfolio.trace.RecordingTotals;
import dev.elephantfolio.trace.RecordingWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a recording of the text that {@code perf script} prints, plain or gzipped.
 *
 * <p>The text is what {@code perf script -F comm,pid,tid,cpu,time,event,trace --ns
 * --show-task-events --show-mmap-events --show-lost-events} prints of a recording of page faults
 * ({@code exceptions:page_fault_*}), memory calls ({@code syscalls:sys_enter_mmap}, ...) and
 * processes; less than that is understood as far as it goes. Two passes: the text is followed once
 * and its events put aside, then they are written with the memory maps that only the whole text
 * could tell. An importer is immutable and may be used from several threads.
 */
public final class PerfImporter {
  /** So many bad lines, with not one good among them, are enough to refuse the file. */
  private static final long PATIENCE_LINES = 1000;

  private static final long LINES_PER_PROGRESS = 1 << 15;
  private static final String TOOL = "efolio import perf";

  private final PerfImportOptions options;

  /** An importer that takes from those options what the text does not say. */
  public PerfImporter(PerfImportOptions options) {
    this.options = options;
  }

  /**
   * Imports a file.
   *
   * @param text what perf script printed, plain or gzipped
   * @param recording where the recording is to stand; replaced in one step when it is complete
   * @throws RecordingException if the file is no such text, or one of the two cannot be reached
   */
  public ImportReport importFile(Path text, Path recording, ImportProgress progress)
      throws IOException {
    try (InputStream in = open(text)) {
      CountedInput counted = new CountedInput(in, Files.size(text));
      return importStream(counted, text.toString(), recording, progress);
    }
  }

  private static InputStream open(Path text) throws IOException {
    if (Files.isDirectory(text)) {
      throw new RecordingException(text + ": this is a directory, not perf script text");
    }
    try {
      return Files.newInputStream(text);
    } catch (NoSuchFileException _) {
      throw new RecordingException(text + ": no such file");
    } catch (IOException e) {
      throw new RecordingException(text + ": cannot be read: " + e.getMessage());
    }
  }

  /**
   * Imports what a stream brings, to its end; the caller closes it.
   *
   * @param name what messages call the stream
   */
  public ImportReport importStream(
      InputStream text, String name, Path recording, ImportProgress progress) throws IOException {
    CountedInput counted =
        text instanceof CountedInput already ? already : new CountedInput(text, -1);
    LineReader lines = LineReader.over(counted, name);
    try (RecordingSpool spool = RecordingSpool.beside(recording)) {
      return new Run(name, lines, counted, progress).run(spool, recording);
    }
  }

  /** One import. */
  private final class Run {
    private final String name;
    private final LineReader lines;
    private final CountedInput input;
    private final ImportProgress progress;
    private final ImportCounts counts = new ImportCounts();
    private final PerfHeader header = new PerfHeader();
    private final Collected collected = new Collected(new ArrayList<>(), new Corrections());

    Run(String name, LineReader lines, CountedInput input, ImportProgress progress) {
      this.name = name;
      this.lines = lines;
      this.input = input;
      this.progress = progress;
    }

    ImportReport run(RecordingSpool spool, Path recording) throws IOException {
      collect(new PerfCollector(spool.writer(), options, counts, collected));
      refuseUnlessText();
      try (RecordingReader events = spool.read();
          RecordingWriter writer = RecordingWriter.create(recording, recordingHeader())) {
        new RecordingAssembler(events, writer, collected, options.execMaps()).run();
        return report(writer.commit());
      }
    }

    private void collect(PerfCollector collector) throws IOException {
      PerfLine line = new PerfLine();
      while (lines.next()) {
        line.parse(lines.bytes(), lines.start(), lines.end());
        if (line.kind == LineKind.GARBAGE) {
          garbage();
        } else {
          understood(line);
          collector.accept(line);
        }
        if (++counts.lines % LINES_PER_PROGRESS == 0) {
          progress.at(input.count(), input.total());
        }
      }
      collector.end();
      progress.at(input.count(), input.total());
    }

    private void understood(PerfLine line) {
      if (line.kind == LineKind.COMMENT) {
        header.remark(line.text());
      } else if (line.kind != LineKind.BLANK) {
        counts.recognisedLines++;
        counts.cpuLargest = Math.max(counts.cpuLargest, line.cpu);
      }
    }

    private void garbage() throws RecordingException {
      counts.unknown(lines.lineNumber(), lines.text());
      if (counts.unknownLines >= PATIENCE_LINES && counts.recognisedLines == 0) {
        throw notText();
      }
    }

    private void refuseUnlessText() throws RecordingException {
      if (counts.recognisedLines == 0 || counts.unknownLines > counts.recognisedLines) {
        throw notText();
      }
      if (collected.images().isEmpty()) {
        throw new RecordingException(
            name
                + ": perf script text, but no process in it does anything: record with"
                + " page-fault and mmap events, and print --show-task-events");
      }
    }

    private RecordingException notText() {
      String example =
          counts.firstUnknownLines.isEmpty()
              ? "it has no line that tells an event"
              : counts.firstUnknownLines.getFirst();
      return new RecordingException(
          "%s: not perf script text: %d of %d lines are not understood: %s"
              .formatted(
                  name,
                  counts.unknownLines,
                  counts.unknownLines + counts.recognisedLines,
                  example));
    }

    private RecordingHeader recordingHeader() {
      ExecImage root = collected.images().getFirst();
      String file = root.file().isEmpty() ? root.comm : root.file();
      int cpus = options.cpuCount() > 0 ? options.cpuCount() : header.cpuCount();
      return new RecordingHeader(
          RecordingHeader.CURRENT_VERSION,
          (int) AddressSpace.PAGE_BYTES,
          options.command().isEmpty() ? file : options.command(),
          options.kernelRelease().isEmpty() ? header.kernelRelease() : options.kernelRelease(),
          cpus > 0 ? cpus : counts.cpuLargest + 1,
          TOOL,
          options.settings());
    }

    private ImportReport report(RecordingTotals totals) {
      return new ImportReport(
          totals,
          counts.lines,
          counts.unknownLines,
          List.copyOf(counts.firstUnknownLines),
          counts.foreignEvents,
          counts.impossibleTouches,
          counts.unpairedCalls);
    }
  }
}
