package dev.elephantfolio.linux.proc;

import java.util.Optional;

/**
 * One process as {@code /proc/PID/stat} shows it.
 *
 * @param pid the process
 * @param comm its name, at most 15 bytes
 * @param state the letter of its state; {@code Z} for one that is dead and not yet waited for
 * @param parentPid who will be told of its death
 * @param processGroup its process group
 * @param foregroundGroup the process group its terminal listens to; -1 without a terminal
 * @param minorFaults faults served without reading from a disk, its own only
 */
public record ProcessStat(
    int pid,
    String comm,
    char state,
    int parentPid,
    int processGroup,
    int foregroundGroup,
    long minorFaults) {
  private static final int STATE = 0;
  private static final int PARENT_PID = 1;
  private static final int PROCESS_GROUP = 2;
  private static final int FOREGROUND_GROUP = 5;
  private static final int MINOR_FAULTS = 7;

  /** Reads the file's text. The name may hold spaces and brackets, so its last bracket ends it. */
  public static Optional<ProcessStat> parse(String text) {
    int open = text.indexOf('(');
    int close = text.lastIndexOf(')');
    if (open < 0 || close < open) {
      return Optional.empty();
    }
    String[] fields = text.substring(close + 1).strip().split(" ");
    return fields.length <= MINOR_FAULTS
        ? Optional.empty()
        : Optional.of(of(text.substring(0, open).strip(), text.substring(open + 1, close), fields));
  }

  private static ProcessStat of(String pid, String comm, String[] fields) {
    return new ProcessStat(
        Integer.parseInt(pid),
        comm,
        fields[STATE].charAt(0),
        Integer.parseInt(fields[PARENT_PID]),
        Integer.parseInt(fields[PROCESS_GROUP]),
        Integer.parseInt(fields[FOREGROUND_GROUP]),
        Long.parseLong(fields[MINOR_FAULTS]));
  }

  /** Dead, and only waited for. */
  public boolean zombie() {
    return state == 'Z';
  }
}
