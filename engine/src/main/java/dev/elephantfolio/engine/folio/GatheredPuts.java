package dev.elephantfolio.engine.folio;

import java.util.Arrays;

/** References of folios that are kept for a while, to be dropped together. Used by one thread. */
public final class GatheredPuts {
  private static final int FIRST_CAPACITY = 16;

  private final Folios folios;
  private int[] heads = new int[FIRST_CAPACITY];
  private int[] references = new int[FIRST_CAPACITY];
  private int count;

  public GatheredPuts(Folios folios) {
    this.folios = folios;
  }

  /** Takes over {@code n} references of {@code head}. */
  public void add(int head, int n) {
    if (count > 0 && heads[count - 1] == head) {
      references[count - 1] += n;
      return;
    }
    if (count == heads.length) {
      heads = Arrays.copyOf(heads, count * 2);
      references = Arrays.copyOf(references, count * 2);
    }
    heads[count] = head;
    references[count++] = n;
  }

  /** How many folios there are; one counts again where others came in between. */
  public int count() {
    return count;
  }

  /** Drops them all. */
  public void put() {
    folios.putAll(heads, references, count);
    count = 0;
  }
}
