package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.pagetable.Pte;

/** Whether a secondary translation says what the process's page tables say, or allows less. */
final class TranslationCheck {
  private TranslationCheck() {}

  /**
   * @param entry the secondary translation of {@code address}
   * @param primary the process's, for the same page; none without
   * @throws IllegalStateException when the process does not have it
   */
  static void check(long entry, long primary, long address) {
    boolean same =
        !Pte.isNone(primary)
            && Pte.pfn(primary) == Pte.pfn(entry)
            && Pte.isSpecial(primary) == Pte.isSpecial(entry)
            && (Pte.isWritable(primary) || !Pte.isWritable(entry));
    if (!same) {
      throw new IllegalStateException(
          "a stale translation of %x: %x, but the process has %x"
              .formatted(address, entry, primary));
    }
  }
}
