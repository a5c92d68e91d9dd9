package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.RecordingPrinter;
import dev.elephantfolio.trace.RecordingReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * perf script text made up for a test, and what the importer makes of it. A line is written as
 * {@code PID/TID EVENT}; its time is ten microseconds times its number, its name {@code prog}.
 */
final class PerfText {
  private final StringBuilder text = new StringBuilder();
  private int lines;

  /** The program of pid 100 is launched, with the memory map that the texts of real ones show. */
  static PerfText launched() {
    PerfText text = new PerfText();
    text.raw(
        "       perf-exec     0/0     [000]     0.000000000: PERF_RECORD_COMM: perf-exec:100/100");
    return text.lines(
        """
        100/100 PERF_RECORD_COMM exec: prog:100/100
        100/100 PERF_RECORD_MMAP2 100/100: [0x555555558000(0x13000) @ 0x4000 fe:00 1 0]: r-xp /bin/prog
        100/100 exceptions:page_fault_kernel: address=0x555555573240 ip=x error_code=0x2
        100/100 PERF_RECORD_MMAP2 100/100: [0x7ffff7fcb000(0x26000) @ 0x1000 fe:00 2 0]: r-xp /lib/ld.so
        100/100 exceptions:page_fault_kernel: address=0x7ffff7ffe110 ip=x error_code=0x2
        100/100 PERF_RECORD_MMAP2 100/100: [0x7ffff7fc8000(0x2000) @ 0 00:00 0 0]: r-xp [vdso]
        100/100 sched:sched_process_exec: filename=./prog pid=100 old_pid=100
        100/100 syscalls:sys_exit_execve: 0x0
        100/100 exceptions:page_fault_user: address=0x7ffff7fe4b70 ip=0x7ffff7fe4b70 error_code=0x14
        100/100 syscalls:sys_enter_brk: brk: 0x00000000
        100/100 syscalls:sys_exit_brk: 0x555555576000
        100/100 exceptions:page_fault_user: address=0x7fffffffdff8 ip=0x7ffff7fd2c22 error_code=0x6
        """);
  }

  /** A line as it stands. */
  PerfText raw(String line) {
    text.append(line).append('\n');
    lines++;
    return this;
  }

  /** Lines in the short form. */
  PerfText lines(String shortLines) {
    for (String line : shortLines.strip().split("\n")) {
      int space = line.indexOf(' ');
      raw(
          String.format(
              Locale.ROOT,
              "            prog %s [000]     1.%09d: %s",
              line.substring(0, space),
              (lines + 1) * 10_000,
              line.substring(space + 1)));
    }
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }

  /** What came of an import. */
  record Result(ImportReport report, List<String> events) {
    /** The events whose line holds one of those words, without their times. */
    List<String> with(String... words) {
      return events.stream()
          .filter(line -> List.of(words).stream().anyMatch(line::contains))
          .toList();
    }

    /** The events after that many of the kinds of {@link #launched()}. */
    List<String> afterLaunch() {
      return events.subList(indexOf("TOUCH addr=0x7fffffffdff8") + 1, events.size());
    }

    int indexOf(String part) {
      for (int i = 0; i < events.size(); i++) {
        if (events.get(i).contains(part)) {
          return i;
        }
      }
      throw new AssertionError("no event holds " + part + ": " + events);
    }
  }

  /** Imports the text. */
  Result imported(Path folder) throws IOException {
    return imported(folder, PerfImportOptions.defaults());
  }

  Result imported(Path folder, PerfImportOptions options) throws IOException {
    Path file = folder.resolve("imported.eft");
    ByteArrayInputStream in =
        new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8));
    ImportReport report =
        new PerfImporter(options).importStream(in, "text", file, ImportProgress.NONE);
    StringBuilder printed = new StringBuilder();
    try (RecordingReader reader = RecordingReader.open(file)) {
      RecordingPrinter.print(reader, printed);
    }
    Files.delete(file);
    List<String> events =
        printed.toString().lines().map(line -> line.substring(line.indexOf(' ') + 1)).toList();
    return new Result(report, events);
  }
}
