package dev.elephantfolio.lab.scenario;

/**
 * The outcome that a scenario's line asks for.
 *
 * @param word an outcome's word; {@code ?} for whatever it is
 */
public record Expected(String word) {
  public static final Expected OK = new Expected(Outcome.OK_WORD);

  /** {@code -> ?}: whatever it is, but the same on both sides. */
  public static final Expected ANY = new Expected("?");

  public boolean allows(Outcome outcome) {
    return equals(ANY) || word.equals(outcome.word());
  }
}
