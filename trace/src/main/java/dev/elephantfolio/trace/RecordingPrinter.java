package dev.elephantfolio.trace;

import java.io.IOException;
import java.util.List;

/**
 * Prints a recording's events, one a line: seconds, pid/tid, kind, arguments by name, and for a
 * call its result. Sizes are bytes, or K, M, G where that is exact; flags have the kernel's names.
 *
 * <pre>
 * 0.000414881 30685/30685 MMAP addr=0x0 length=8K prot=PROT_READ|PROT_WRITE ... = 0x7ffff7fc0000
 * 0.000430194 30685/30685 TOUCH addr=0x7ffff7fc0000 w
 * </pre>
 */
public final class RecordingPrinter {
  private final RecordingReader reader;
  private final StringBuilder line = new StringBuilder();

  private RecordingPrinter(RecordingReader reader) {
    this.reader = reader;
  }

  /** Prints the events from the reader's next one to the last. */
  public static void print(RecordingReader reader, Appendable out) throws IOException {
    RecordingPrinter printer = new RecordingPrinter(reader);
    while (reader.next()) {
      printer.line();
      out.append(printer.line);
    }
  }

  private void line() {
    line.setLength(0);
    seconds(reader.timeNanos());
    line.append(' ').append(reader.pid()).append('/').append(reader.tid()).append(' ');
    EventKind kind = reader.kind();
    line.append(kind);
    if (kind == EventKind.ACCESS) {
      access();
    } else {
      arguments(kind);
    }
    if (kind.hasResult()) {
      result(kind);
    }
    line.append('\n');
  }

  private void seconds(long nanos) {
    line.append(nanos / 1_000_000_000).append('.');
    String fraction = Long.toString(nanos % 1_000_000_000);
    line.repeat('0', 9 - fraction.length()).append(fraction);
  }

  private void access() {
    line.append(" addr=").append(hex(reader.address()));
    line.append(" size=").append(reader.length()).append(' ');
    line.append(AccessBits.describe(reader.access()));
  }

  private void arguments(EventKind kind) {
    List<String> names = kind.argumentNames();
    for (int i = 0; i < names.size(); i++) {
      long value = reader.argument(i);
      if (names.get(i).equals("access")) {
        line.append(' ').append(AccessBits.describe((int) value));
      } else {
        line.append(' ').append(names.get(i)).append('=');
        line.append(kind.isString(i) ? quoted(value) : value(kind, names.get(i), value));
      }
    }
  }

  private String quoted(long id) {
    return '"' + reader.string(id).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String value(EventKind kind, String name, long value) {
    return switch (name) {
      case "length", "oldSize", "newSize" -> size(value);
      case "prot" -> FlagNames.PROT.ofBits(value);
      case "flags" -> flags(kind, value);
      case "cloneFlags" -> FlagNames.CLONE.ofBits(value);
      case "advice" -> FlagNames.ADVICE.of(value);
      case "option" -> FlagNames.PRCTL.of(value);
      case "kind" -> RegionKind.of(value).toString();
      case "processEnded", "inferred" -> value == 0 ? "no" : "yes";
      case "childTid", "childPid", "creatorTid", "fd", "count" -> Long.toString(value);
      default -> hex(value);
    };
  }

  private static String flags(EventKind kind, long value) {
    return switch (kind) {
      case MREMAP -> FlagNames.MREMAP.ofBits(value);
      case MLOCKALL -> FlagNames.MLOCKALL.ofBits(value);
      case MLOCK2 -> FlagNames.MLOCK2.ofBits(value);
      default -> FlagNames.MAP.ofBits(value);
    };
  }

  private void result(EventKind kind) {
    long result = reader.result();
    line.append(" = ");
    if (reader.failed()) {
      line.append("-1 ").append(FlagNames.ERRNO.of(-result));
    } else if (kind == EventKind.MMAP || kind == EventKind.MREMAP || kind == EventKind.BRK) {
      line.append(hex(result));
    } else {
      line.append(result);
    }
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  /** Bytes, in the largest unit that tells them exactly. */
  static String size(long bytes) {
    if (bytes <= 0) {
      return Long.toUnsignedString(bytes);
    }
    int unit = Math.min(Long.numberOfTrailingZeros(bytes) / 10, 4);
    return (bytes >>> (unit * 10)) + List.of("", "K", "M", "G", "T").get(unit);
  }
}
