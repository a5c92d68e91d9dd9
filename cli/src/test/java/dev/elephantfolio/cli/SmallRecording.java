package dev.elephantfolio.cli;

import dev.elephantfolio.trace.AccessBits;
import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordingHeader;
import dev.elephantfolio.trace.RecordingWriter;
import java.io.IOException;
import java.nio.file.Path;

/** Recordings of one process that maps memory and writes to each of its pages, over and over. */
final class SmallRecording {
  static final int PID = 42;
  static final long MAPPED_BYTES = 4L << 20;
  static final int PAGES = (int) (MAPPED_BYTES >> 12);
  static final int EVENTS = 3 + PAGES;

  private static final long ADDRESS = 0x7f00_0000_0000L;
  private static final long NANOS_PER_TOUCH = 1_000_000;

  /** Long enough for samples to see all of the memory. */
  private static final long NANOS_TO_THE_END = 500_000_000;

  private SmallRecording() {}

  /** Each page is written once, one a millisecond. */
  static Path write(Path file) throws IOException {
    return write(file, PAGES);
  }

  static Path write(Path file, int touches) throws IOException {
    try (RecordingWriter writer =
        RecordingWriter.create(file, RecordingHeader.of("./toucher", "6.18.0", 2, "a test"))) {
      writer.exec(0, PID, PID, "/bin/toucher", "toucher");
      writer.call(EventKind.MMAP, 0, PID, PID, mapping(writer), ADDRESS);
      long time = 0;
      for (int i = 0; i < touches; i++) {
        time = i * NANOS_PER_TOUCH;
        writer.touch(time, PID, PID, ADDRESS + ((i % PAGES) << 12), AccessBits.WRITE);
      }
      writer.exit(time + NANOS_TO_THE_END, PID, PID, true);
      writer.commit();
    }
    return file;
  }

  private static long[] mapping(RecordingWriter writer) {
    int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS;
    int prot = Mman.PROT_READ | Mman.PROT_WRITE;
    return new long[] {ADDRESS, MAPPED_BYTES, prot, flags, -1, 0, writer.string("")};
  }
}
