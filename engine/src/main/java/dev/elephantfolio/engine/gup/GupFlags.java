package dev.elephantfolio.engine.gup;

/** How pages are to be held: bits, with the numbers of the kernel's FOLL flags. */
public final class GupFlags {
  /** The pages will be written to. */
  public static final int WRITE = 1;

  /** Fail with EFAULT where a fault would be needed. */
  public static final int NOFAULT = 1 << 5;

  /** The pin may last for ever: only with a pin, never in memory that must stay movable. */
  public static final int LONGTERM = 1 << 8;

  /** Only what can be had without a lock; of the fast calls alone. */
  public static final int FAST_ONLY = 1 << 20;

  /** Set by the calls themselves: a pin instead of a plain reference. */
  static final int PIN = 1 << 19;

  private static final int OF_CALLERS = WRITE | NOFAULT | LONGTERM | FAST_ONLY;

  private GupFlags() {}

  static boolean has(int flags, int flag) {
    return (flags & flag) != 0;
  }

  /** Whether a caller may ask for this: what Linux warns of and refuses with EINVAL is not. */
  static boolean isValid(int flags, boolean pin, boolean fast) {
    return (flags & ~OF_CALLERS) == 0
        && (pin || !has(flags, LONGTERM))
        && (fast || !has(flags, FAST_ONLY));
  }
}
