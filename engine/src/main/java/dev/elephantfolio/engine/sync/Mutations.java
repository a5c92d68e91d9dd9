package dev.elephantfolio.engine.sync;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;

/**
 * The protections one machine is without: none in any ordinary machine. Immutable, so that a check
 * is one load and one test.
 */
public final class Mutations {
  /** All protections in place. */
  public static final Mutations NONE = new Mutations(0);

  private final int bits;

  private Mutations(int bits) {
    this.bits = bits;
  }

  public static Mutations of(Collection<Mutation> mutations) {
    int bits = 0;
    for (Mutation mutation : mutations) {
      bits |= mutation.bit();
    }
    return bits == 0 ? NONE : new Mutations(bits);
  }

  /** Whether the machine is without this protection. */
  public boolean has(Mutation mutation) {
    return (bits & mutation.bit()) != 0;
  }

  public Set<Mutation> asSet() {
    EnumSet<Mutation> all = EnumSet.allOf(Mutation.class);
    all.removeIf(mutation -> !has(mutation));
    return all;
  }

  @Override
  public String toString() {
    return asSet().toString();
  }
}
