package dev.elephantfolio.trace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Writes events made up at random, and remembers them as text to compare with what is read. */
final class RandomEvents {
  private static final EventKind[] KINDS = EventKind.values();

  private final Random random;
  private final List<String> written = new ArrayList<>();
  private long timeNanos;

  RandomEvents(Random random) {
    this.random = random;
  }

  List<String> written() {
    return written;
  }

  void write(RecordingWriter writer, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      timeNanos += random.nextInt(4) == 0 ? number() & 0xFFFF_FFFFFL : random.nextInt(5000);
      EventKind kind =
          random.nextInt(4) == 0 ? KINDS[random.nextInt(KINDS.length)] : EventKind.TOUCH;
      one(writer, kind, random.nextInt(5), 100 + random.nextInt(300));
    }
  }

  private void one(RecordingWriter writer, EventKind kind, int pid, int tid) throws IOException {
    long[] values = new long[kind.argumentCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = kind.isString(i) ? writer.string("s" + random.nextInt(50)) : number();
    }
    long result = number();
    switch (kind) {
      case TOUCH -> {
        values[1] &= 0x7F;
        writer.touch(timeNanos, pid, tid, values[0], (int) values[1]);
      }
      case ACCESS -> {
        values[1] &= 0xFFFF;
        writer.access(timeNanos, pid, tid, values[0], values[1] >> 4, (int) values[1] & 0xF);
      }
      case LOST -> writer.lost(timeNanos, pid, tid, values[0]);
      case EXIT -> {
        values[0] &= 1;
        writer.exit(timeNanos, pid, tid, values[0] == 1);
      }
      case THREAD_START -> {
        values[0] = (int) values[0];
        writer.threadStart(timeNanos, pid, tid, (int) values[0]);
      }
      case FORK -> {
        values[0] = (int) values[0];
        values[1] = (int) values[1];
        writer.fork(timeNanos, pid, tid, (int) values[1], (int) values[0], values[2]);
      }
      case EXEC, COMM, NOTE, SETTING -> names(writer, kind, pid, tid, values);
      case REGION -> region(writer, pid, tid, values);
      default -> writer.call(kind, timeNanos, pid, tid, values, result);
    }
    written.add(text(kind, timeNanos, pid, tid, values, kind.hasResult() ? result : 0));
  }

  private void names(RecordingWriter writer, EventKind kind, int pid, int tid, long[] values)
      throws IOException {
    String key = "name " + random.nextInt(20);
    String value = "wert ü " + random.nextInt(20);
    values[0] = writer.string(key);
    if (kind == EventKind.COMM) {
      writer.comm(timeNanos, pid, tid, key);
      return;
    }
    values[1] = writer.string(value);
    switch (kind) {
      case EXEC -> writer.exec(timeNanos, pid, tid, key, value);
      case NOTE -> writer.note(timeNanos, pid, tid, key, value);
      default -> writer.setting(timeNanos, pid, tid, key, value);
    }
  }

  private void region(RecordingWriter writer, int pid, int tid, long[] values) throws IOException {
    RegionKind kind = RegionKind.of(random.nextInt(5));
    values[2] &= 7;
    values[3] &= 0xFFFF;
    values[4] = kind.code();
    values[6] = writer.string("file");
    values[7] &= 1;
    writer.region(
        timeNanos,
        pid,
        tid,
        new RecordedRegion(
            values[0],
            values[1],
            (int) values[2],
            (int) values[3],
            kind,
            values[5],
            "file",
            values[7] == 1));
  }

  /** Numbers of all sizes, both signs. */
  private long number() {
    return random.nextLong() >> random.nextInt(64);
  }

  /** An event as text, the same whether it was written or read. */
  static String text(EventKind kind, long timeNanos, int pid, int tid, long[] values, long result) {
    return kind + "@" + timeNanos + " " + pid + "/" + tid + Arrays.toString(values) + result;
  }

  /** The event a reader stands on, as the same text. */
  static String text(RecordingReader reader) {
    EventKind kind = reader.kind();
    long[] values = new long[kind.argumentCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = reader.argument(i);
    }
    long result = kind.hasResult() ? reader.result() : 0;
    return text(kind, reader.timeNanos(), reader.pid(), reader.tid(), values, result);
  }
}
