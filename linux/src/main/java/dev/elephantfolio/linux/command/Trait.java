package dev.elephantfolio.linux.command;

import dev.elephantfolio.linux.libc.LibC;
import java.io.IOException;
import java.util.Set;

/**
 * What a program we start can be made to differ in, for it and its descendants alone. The kernel
 * hands both down from who starts a program: so they are put on ourselves for the moment of the
 * start, and taken off again.
 */
public enum Trait {
  /** No huge pages: {@code prctl(PR_SET_THP_DISABLE)}, kept over fork and exec (prctl(2)). */
  HUGE_PAGES_OFF,
  /** Addresses are not randomised: {@code personality(ADDR_NO_RANDOMIZE)} (personality(2)). */
  FIXED_ADDRESSES;

  /** One start at a time, so that nobody's start sees or ends another's traits. */
  private static final Object STARTING = new Object();

  /**
   * Starts a program with these traits. To be called on a platform thread.
   *
   * @throws IOException when it cannot be started
   */
  public static Process start(ProcessBuilder program, Set<Trait> traits) throws IOException {
    synchronized (STARTING) {
      return startWithAddresses(program, traits);
    }
  }

  private static Process startWithAddresses(ProcessBuilder program, Set<Trait> traits)
      throws IOException {
    if (!traits.contains(FIXED_ADDRESSES)) {
      return startWithPages(program, traits);
    }
    long ours = LibC.personality();
    // A sandbox may forbid this call; a program at random addresses is still worth running.
    boolean changed = tryPersonality(ours | LibC.ADDR_NO_RANDOMIZE);
    try {
      return startWithPages(program, traits);
    } finally {
      if (changed) {
        LibC.setPersonality(ours);
      }
    }
  }

  private static Process startWithPages(ProcessBuilder program, Set<Trait> traits)
      throws IOException {
    if (!traits.contains(HUGE_PAGES_OFF) || LibC.hugePagesDisabled()) {
      return program.start();
    }
    LibC.disableHugePages(true);
    try {
      return program.start();
    } finally {
      LibC.disableHugePages(false);
    }
  }

  private static boolean tryPersonality(long personality) {
    try {
      LibC.setPersonality(personality);
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
