package dev.elephantfolio.lab.scenario;

import java.util.Optional;

/** How a number is to compare with another. */
public enum Relation {
  EQUAL("="),
  LESS("<"),
  AT_MOST("<="),
  MORE(">"),
  AT_LEAST(">="),
  UNEQUAL("!=");

  private final String sign;

  Relation(String sign) {
    this.sign = sign;
  }

  public String sign() {
    return sign;
  }

  /** The relation of that sign. */
  public static Optional<Relation> of(String sign) {
    for (Relation relation : values()) {
      if (relation.sign.equals(sign)) {
        return Optional.of(relation);
      }
    }
    return Optional.empty();
  }

  public boolean holds(long left, long right) {
    return switch (this) {
      case EQUAL -> left == right;
      case LESS -> left < right;
      case AT_MOST -> left <= right;
      case MORE -> left > right;
      case AT_LEAST -> left >= right;
      case UNEQUAL -> left != right;
    };
  }
}
