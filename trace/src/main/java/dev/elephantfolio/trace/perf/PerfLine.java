package dev.elephantfolio.trace.perf;

import java.nio.charset.StandardCharsets;

/**
 * One line of perf script text, taken apart. The object is used again for every line, and no other
 * object is made for the frequent kinds.
 *
 * <p>The parts of a line: a name of up to 15 bytes that may hold anything, right-aligned in 16
 * columns; pid/tid or tid alone; the CPU in brackets, if printed; seconds with 6 or 9 decimals and
 * a colon; the event.
 */
final class PerfLine {
  private static final byte[] FAULT = ascii("exceptions:page_fault_");
  private static final byte[] ENTER = ascii("syscalls:sys_enter_");
  private static final byte[] EXIT = ascii("syscalls:sys_exit_");
  private static final byte[] SCHED = ascii("sched:sched_process_");
  private static final byte[] RECORD = ascii("PERF_RECORD_");
  private static final byte[] ADDRESS = ascii("address=");
  private static final byte[] ERROR_CODE = ascii("error_code=");

  /** Where the name's columns end. */
  private static final int COMM_COLUMNS = 16;

  final long[] numbers = new long[8];
  int count;
  LineKind kind = LineKind.BLANK;
  PerfCall call = PerfCall.NONE;

  /** -1 if the line tells only a tid. */
  int pid;

  int tid;
  int cpu;
  long timeNanos;

  private final ByteCursor at = new ByteCursor();
  private int lineStart;
  private int headStart;
  private int textStart;
  private int textEnd;

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The line's text, as {@link LineKind} says which. */
  String text() {
    return at.string(textStart, textEnd);
  }

  /** The thread's name as it stands before the event. */
  String comm() {
    return at.string(lineStart, headStart).strip();
  }

  /** Takes a line apart; afterwards the fields say what it is. */
  void parse(byte[] bytes, int start, int end) {
    at.over(bytes, start, end);
    count = 0;
    lineStart = start;
    textStart = start;
    textEnd = end;
    kind = at.atEnd() || at.peek() == '\t' ? LineKind.BLANK : LineKind.GARBAGE;
    if (kind == LineKind.BLANK) {
      return;
    }
    if (at.peek() == '#') {
      kind = LineKind.COMMENT;
      return;
    }
    if (head(start, end)) {
      at.skipSpaces();
      kind = event();
    } else if (at.onlySpaces(start)) {
      kind = LineKind.BLANK;
    }
  }

  /** Finds and reads what stands before the event; the cursor is then behind the time's colon. */
  private boolean head(int start, int end) {
    int usual = start + COMM_COLUMNS;
    if (usual < end && at.byteAt(usual) == ' ' && headAt(usual)) {
      return true;
    }
    for (int from = start; from < end; from++) {
      if ((from == start || at.byteAt(from - 1) == ' ') && headAt(from)) {
        return true;
      }
    }
    return false;
  }

  private boolean headAt(int from) {
    headStart = from;
    at.seek(from);
    at.skipSpaces();
    if (!at.decimal()) {
      return false;
    }
    pid = -1;
    tid = (int) at.number;
    if (at.skip('/')) {
      pid = tid;
      if (!at.decimal()) {
        return false;
      }
      tid = (int) at.number;
    }
    return at.skip(' ') && cpu() && time();
  }

  private boolean cpu() {
    at.skipSpaces();
    cpu = 0;
    if (!at.skip('[')) {
      return true;
    }
    boolean good = at.decimal();
    cpu = (int) at.number;
    return good && at.skip(']') && at.skip(' ');
  }

  private boolean time() {
    at.skipSpaces();
    if (!at.decimal() || !at.skip('.')) {
      return false;
    }
    long seconds = at.number;
    int decimals = at.position();
    if (!at.decimal()) {
      return false;
    }
    long fraction = at.number;
    for (int digits = at.position() - decimals; digits < 9; digits++) {
      fraction *= 10;
    }
    timeNanos = seconds * 1_000_000_000L + fraction;
    return at.skip(':');
  }

  private LineKind event() {
    return switch (at.peek()) {
      case 'e' -> at.skip(FAULT) ? fault() : other();
      case 's' -> tracepoint();
      case 'P' -> at.skip(RECORD) ? record() : other();
      case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> afterPeriod();
      default -> other();
    };
  }

  /** Some versions print how many events the line stands for. */
  private LineKind afterPeriod() {
    at.decimal();
    return at.skipSpaces() && !at.isDigit() ? event() : LineKind.GARBAGE;
  }

  private LineKind tracepoint() {
    if (at.skip(ENTER)) {
      return callEnter();
    }
    if (at.skip(EXIT)) {
      return callExit();
    }
    return at.skip(SCHED) ? sched() : other();
  }

  private LineKind other() {
    return at.find(':') ? LineKind.OTHER : LineKind.GARBAGE;
  }

  private LineKind fault() {
    boolean good = at.find(':') && at.skipSpaces() && at.skip(ADDRESS) && add();
    return good && at.findLast(ERROR_CODE) && add() ? LineKind.FAULT : LineKind.GARBAGE;
  }

  private LineKind callEnter() {
    if (!callName()) {
      return LineKind.GARBAGE;
    }
    while (count < numbers.length && at.find(':')) {
      at.skipSpaces();
      if (!add()) {
        count--;
        break;
      }
    }
    return count >= call.argumentCount() ? LineKind.CALL_ENTER : LineKind.GARBAGE;
  }

  private LineKind callExit() {
    boolean good = callName() && at.skipSpaces() && add();
    return good ? LineKind.CALL_EXIT : LineKind.GARBAGE;
  }

  private boolean callName() {
    int from = at.position();
    if (!at.find(':')) {
      return false;
    }
    call = at.call(from, at.position() - 1);
    return true;
  }

  private LineKind sched() {
    int from = at.position();
    if (!at.find(':')) {
      return LineKind.GARBAGE;
    }
    return switch (at.string(from, at.position() - 1)) {
      case "fork" -> at.findLast('=') && add() ? LineKind.SCHED_FORK : LineKind.GARBAGE;
      case "exec" -> schedExec();
      case "exit" -> schedExit();
      default -> LineKind.OTHER;
    };
  }

  private LineKind schedExec() {
    if (!at.find('=')) {
      return LineKind.GARBAGE;
    }
    int nameEnd = at.lastIndexOf(ascii(" pid="));
    if (nameEnd < 0) {
      return LineKind.GARBAGE;
    }
    textStart = at.position();
    textEnd = nameEnd;
    return LineKind.SCHED_EXEC;
  }

  private LineKind schedExit() {
    numbers[count++] =
        at.lastIndexOf(ascii("group_dead=true")) >= 0
            ? 1
            : at.lastIndexOf(ascii("group_dead=false")) >= 0 ? 0 : -1;
    return LineKind.SCHED_EXIT;
  }

  private LineKind record() {
    int from = at.position();
    at.skipWord();
    return switch (at.string(from, at.position())) {
      case "MMAP", "MMAP2" -> map();
      case "COMM" -> commRecord();
      case "FORK" -> four() ? LineKind.TASK_FORK : LineKind.GARBAGE;
      case "EXIT" -> four() ? LineKind.TASK_EXIT : LineKind.GARBAGE;
      case "LOST", "LOST_SAMPLES" -> lost();
      default -> LineKind.OTHER;
    };
  }

  /** {@code (1:2):(3:4)}. */
  private boolean four() {
    for (int i = 0; i < 4; i++) {
      if (!at.find(i % 2 == 0 ? '(' : ':') || !add()) {
        return false;
      }
    }
    return true;
  }

  private LineKind lost() {
    return at.find('t') && at.skipTo("0123456789") && add() ? LineKind.LOST : LineKind.GARBAGE;
  }

  /** {@code : NAME:PID/TID}, or {@code exec: NAME:PID/TID}. */
  private LineKind commRecord() {
    at.skipSpaces();
    boolean exec = at.skip(ascii("exec"));
    if (!at.skip(':') || !at.skip(' ')) {
      return LineKind.GARBAGE;
    }
    textStart = at.position();
    if (!at.findLast(':') || at.position() <= textStart) {
      return LineKind.GARBAGE;
    }
    textEnd = at.position() - 1;
    boolean good = add() && at.skip('/') && add();
    return !good ? LineKind.GARBAGE : exec ? LineKind.COMM_EXEC : LineKind.COMM;
  }

  /** {@code PID/TID: [START(LENGTH) @ OFFSET ...]: PROT NAME}. */
  private LineKind map() {
    at.skipSpaces();
    boolean good =
        add()
            && at.skip('/')
            && add()
            && at.find('[')
            && add()
            && at.skip('(')
            && add()
            && at.find('@')
            && at.skipSpaces()
            && add()
            && at.find(']')
            && at.skip(':');
    if (!good) {
      return LineKind.GARBAGE;
    }
    at.skipSpaces();
    numbers[count++] = protection();
    at.skipSpaces();
    textStart = at.position();
    return LineKind.MAP;
  }

  /** {@code r-xp} as PROT_ bits, with bit 3 set when shared; an older record says x or r. */
  private long protection() {
    long prot = 0;
    for (; !at.atEnd() && at.peek() != ' '; at.advance()) {
      prot |=
          switch (at.peek()) {
            case 'r' -> 1;
            case 'w' -> 2;
            case 'x' -> 4;
            case 's' -> 8;
            default -> 0;
          };
    }
    return prot == 4 ? 5 : prot;
  }

  private boolean add() {
    boolean good = at.parseNumber();
    numbers[count++] = at.number;
    return good;
  }
}
