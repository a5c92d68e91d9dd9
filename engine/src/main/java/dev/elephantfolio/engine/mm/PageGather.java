package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.GatheredPuts;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Mutations;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * Folios whose mappings in one range were taken away but which a processor may still use through an
 * old translation. They keep the references of those mappings until {@link #flush}, so that none of
 * them is freed, or taken for unshared, too early.
 *
 * <p>Used by one thread. Flushing waits for no lock, so it may be done with page tables locked.
 */
final class PageGather {
  /** So many folios are kept at most; a larger range is flushed in between. */
  private static final int LIMIT = 4096;

  private final TranslationGate translations;
  private final AddressSpace mm;
  private final long startAddress;
  private final long endAddress;
  private final boolean flushes;
  private final GatheredPuts puts;
  private boolean flushNeeded;

  PageGather(
      TranslationGate translations,
      Folios folios,
      Mutations mutations,
      AddressSpace mm,
      long startAddress,
      long endAddress) {
    this.translations = translations;
    this.puts = new GatheredPuts(folios);
    this.flushes = !mutations.has(Mutation.NO_FLUSH_BEFORE_FREE);
    this.mm = mm;
    this.startAddress = startAddress;
    this.endAddress = endAddress;
  }

  /** Takes over the references of {@code mappings} mappings that were taken away. */
  void add(int head, int mappings) {
    if (puts.count() == LIMIT) {
      flush();
    }
    flushNeeded = true;
    puts.add(head, mappings);
  }

  /** An entry without a folio behind it was taken away, or one lost a right or a mark. */
  void addTranslation() {
    flushNeeded = true;
  }

  /** Waits until no old translation is in use, then drops the references. */
  void flush() {
    if (flushNeeded && flushes) {
      translations.flush();
      mm.notifiers().invalidateSecondaryTlbs(startAddress, endAddress);
      flushNeeded = false;
    }
    puts.put();
  }
}
