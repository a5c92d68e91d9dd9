package dev.elephantfolio.engine.mm;

/**
 * Where the parts of a new process stand: byte addresses, chosen by exec.
 *
 * @param startCode first address of the program's code
 * @param endCode one past its last
 * @param startData first address of its data
 * @param endData one past its last
 * @param startBrk where the heap starts
 * @param startStack the stack pointer at the start
 * @param mmapBase mappings are placed from here downwards
 */
public record AddressLayout(
    long startCode,
    long endCode,
    long startData,
    long endData,
    long startBrk,
    long startStack,
    long mmapBase) {
  /** Where the stack of a process ends. */
  public static final long STACK_TOP = Addresses.TASK_SIZE;

  /** Where a position-independent program is loaded: two thirds of the address space. */
  public static final long PROGRAM_BASE = Addresses.pageFloor(Addresses.TASK_SIZE / 3 * 2);

  private static final long MIN_STACK_ROOM = 128L << 20;
  private static final long MAX_STACK_ROOM = Addresses.TASK_SIZE / 6 * 5;

  /**
   * A process without a program, laid out as Linux does without address randomisation: empty heap
   * right at the program base.
   *
   * @param stackLimitBytes RLIMIT_STACK at exec
   */
  public static AddressLayout standard(long stackLimitBytes, long stackGuardGapBytes) {
    return ofProgram(
        PROGRAM_BASE,
        PROGRAM_BASE,
        PROGRAM_BASE,
        PROGRAM_BASE,
        stackLimitBytes,
        stackGuardGapBytes);
  }

  /** As {@link #standard} for a program whose code and data stand at these addresses. */
  public static AddressLayout ofProgram(
      long startCode,
      long endCode,
      long startData,
      long endData,
      long stackLimitBytes,
      long stackGuardGapBytes) {
    return new AddressLayout(
        startCode,
        endCode,
        startData,
        endData,
        Addresses.pageCeil(endData),
        STACK_TOP,
        mmapBase(stackLimitBytes, stackGuardGapBytes));
  }

  public AddressLayout withStartBrk(long address) {
    return new AddressLayout(startCode, endCode, startData, endData, address, startStack, mmapBase);
  }

  /**
   * Where mappings start: below the room that the stack limit asks for, which is at least 128 MiB
   * and at most five sixths of the address space.
   */
  public static long mmapBase(long stackLimitBytes, long stackGuardGapBytes) {
    long gap = stackLimitBytes + stackGuardGapBytes;
    if (gap < stackLimitBytes) {
      gap = stackLimitBytes;
    }
    gap = Math.clamp(gap, MIN_STACK_ROOM, MAX_STACK_ROOM);
    return Addresses.pageCeil(STACK_TOP - gap);
  }
}
