package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Mutations;
import dev.elephantfolio.engine.tlb.TranslationGate;
import java.util.Arrays;

/**
 * Folios whose mappings in one range were taken away but which a processor may still use through an
 * old translation. They keep the references of those mappings until {@link #flush}, so that none of
 * them is freed, or taken for unshared, too early.
 *
 * <p>Used by one thread. Flushing waits for no lock, so it may be done with page tables locked.
 */
final class PageGather {
  private static final int FIRST_CAPACITY = 16;

  /** So many folios are kept at most; a larger range is flushed in between. */
  private static final int LIMIT = 4096;

  private final TranslationGate translations;
  private final Folios folios;
  private final AddressSpace mm;
  private final long startAddress;
  private final long endAddress;
  private final boolean flushes;
  private int[] heads = new int[FIRST_CAPACITY];
  private int[] references = new int[FIRST_CAPACITY];
  private int count;
  private boolean flushNeeded;

  PageGather(
      TranslationGate translations,
      Folios folios,
      Mutations mutations,
      AddressSpace mm,
      long startAddress,
      long endAddress) {
    this.translations = translations;
    this.folios = folios;
    this.flushes = !mutations.has(Mutation.NO_FLUSH_BEFORE_FREE);
    this.mm = mm;
    this.startAddress = startAddress;
    this.endAddress = endAddress;
  }

  /** Takes over the references of {@code mappings} mappings that were taken away. */
  void add(int head, int mappings) {
    flushNeeded = true;
    if (count > 0 && heads[count - 1] == head) {
      references[count - 1] += mappings;
      return;
    }
    if (count == LIMIT) {
      flush();
      flushNeeded = true;
    }
    if (count == heads.length) {
      heads = Arrays.copyOf(heads, count * 2);
      references = Arrays.copyOf(references, count * 2);
    }
    heads[count] = head;
    references[count++] = mappings;
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
    folios.putAll(heads, references, count);
    count = 0;
  }
}
