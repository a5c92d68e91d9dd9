package dev.elephantfolio.linux.record;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The text of {@code perf script} without what is not the command's: passes on the lines from its
 * first exec. The maps that an exec makes are told to a collector; of these only the ones with code
 * are passed on, as in the recording of a perf that records no others.
 *
 * <p>Lines of any length pass; a last line without newline does too. Not thread-safe.
 */
final class PerfText extends FilterInputStream {
  private static final byte[] RECORD = ascii(": PERF_RECORD_");
  private static final byte[] EXEC_RECORD = ascii(": PERF_RECORD_COMM exec: ");
  private static final byte[] MMAP_RECORD = ascii(": PERF_RECORD_MMAP");
  private static final byte[] PERMISSIONS = ascii("]: ");
  private static final byte[] CALL = ascii(" syscalls:sys_");
  private static final int CALL_NAME = " syscalls:".length();

  private final String commandPid;
  private final ExecMapCollector maps;
  private boolean started;

  /** Bytes read: up to passStart gone, to passEnd to be passed on, to scanned to be dropped. */
  private byte[] input = new byte[1 << 16];

  private int passStart;
  private int passEnd;
  private int scanned;
  private int inputEnd;
  private boolean ended;

  /**
   * @param text what perf prints
   * @param commandPid the process whose first exec begins the recording
   * @param maps is told what execs map
   */
  PerfText(InputStream text, long commandPid, ExecMapCollector maps) {
    super(text);
    this.maps = maps;
    this.commandPid = Long.toString(commandPid);
  }

  /** Reads up to the command's first exec; false when it was never executed. */
  boolean begin() throws IOException {
    return passStart < passEnd || advance();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (passStart == passEnd && !advance()) {
      return -1;
    }
    int part = Math.min(length, passEnd - passStart);
    System.arraycopy(input, passStart, target, offset, part);
    passStart += part;
    return part;
  }

  /** Finds the next lines to pass on, reading as far as it takes; false at the end. */
  private boolean advance() throws IOException {
    while (!scan()) {
      if (ended) {
        return false;
      }
      fill();
    }
    return true;
  }

  /** Finds the next run of wanted lines among those in memory. */
  private boolean scan() {
    passStart = scanned;
    passEnd = scanned;
    int end = endOfLine();
    while (end > 0) {
      boolean wanted = wanted(scanned, end);
      int start = scanned;
      scanned = end;
      if (wanted) {
        passStart = passStart == passEnd ? start : passStart;
        passEnd = end;
      } else if (passEnd > passStart) {
        return true;
      }
      end = endOfLine();
    }
    return passEnd > passStart;
  }

  /** Where the line that begins at the scanned place ends; 0 when its end is not there yet. */
  private int endOfLine() {
    for (int i = scanned; i < inputEnd; i++) {
      if (input[i] == '\n') {
        return i + 1;
      }
    }
    return ended && scanned < inputEnd ? inputEnd : 0;
  }

  private void fill() throws IOException {
    System.arraycopy(input, scanned, input, 0, inputEnd - scanned);
    inputEnd -= scanned;
    scanned = 0;
    if (inputEnd == input.length) {
      input = Arrays.copyOf(input, input.length * 2);
    }
    int got = in.read(input, inputEnd, input.length - inputEnd);
    ended = got < 0;
    inputEnd += Math.max(got, 0);
  }

  private boolean wanted(int start, int end) {
    int record = find(RECORD, start, end);
    if (record >= 0) {
      return wantedRecord(start, record, end);
    }
    if (maps.watching()) {
      int call = find(CALL, start, end);
      if (call >= 0) {
        maps.call(pid(start, call), text(call + CALL_NAME, end));
      }
    }
    return started;
  }

  private boolean wantedRecord(int start, int record, int end) {
    if (matches(EXEC_RECORD, record, end)) {
      String pid = pid(start, record);
      started |= pid.equals(commandPid);
      String named = text(record + EXEC_RECORD.length, end);
      maps.exec(pid, named.substring(0, Math.max(named.lastIndexOf(':'), 0)));
    }
    return started && (!matches(MMAP_RECORD, record, end) || wantedMap(start, record, end));
  }

  private boolean wantedMap(int start, int record, int end) {
    String pid = pid(start, record);
    if (!maps.executing(pid)) {
      return true;
    }
    maps.map(pid, text(record, end));
    int permissions = find(PERMISSIONS, record, end);
    return permissions >= 0 && permissions + 5 < end && input[permissions + 5] == 'x';
  }

  /**
   * The pid out of {@code COMM PID/TID [CPU] TIME}, given where that ends. It is sought from the
   * end, for the name may hold blanks, brackets and slashes.
   */
  private String pid(int start, int end) {
    int slash = back('/', start, back('[', start, end));
    int first = slash;
    while (first > start && input[first - 1] >= '0' && input[first - 1] <= '9') {
      first--;
    }
    return text(first, slash);
  }

  /** A part of a line, without its newline. */
  private String text(int start, int end) {
    int until = end > start && input[end - 1] == '\n' ? end - 1 : end;
    return new String(input, start, until - start, StandardCharsets.UTF_8);
  }

  private int back(char what, int start, int from) {
    int i = from;
    while (i > start && input[i] != what) {
      i--;
    }
    return i;
  }

  private int find(byte[] what, int start, int end) {
    for (int i = start; i <= end - what.length; i++) {
      if (input[i] == what[0] && matches(what, i, end)) {
        return i;
      }
    }
    return -1;
  }

  private boolean matches(byte[] what, int at, int end) {
    return at + what.length <= end
        && Arrays.equals(input, at, at + what.length, what, 0, what.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
