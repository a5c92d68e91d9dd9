package dev.elephantfolio.engine.notifier;

/** Who is told of everything that happens to one address space; {@link NotifierRegistration}. */
public sealed interface Subscriber permits MmuNotifier, SecondaryTlb {
  /**
   * The address space ends, or this subscription does: every translation must be out of use when
   * this returns, and none may come back. Called before the first page goes, perhaps by two threads
   * at once, perhaps twice.
   */
  default void release() {}

  /**
   * Holds what it keeps against the page tables, with nothing under way in any thread.
   *
   * @throws IllegalStateException naming the first thing that the page tables do not say
   */
  default void check() {}

  /** Frames of the machine's memory that its own tables take. */
  default long tableFrames() {
    return 0;
  }
}
