package dev.elephantfolio.engine.frame;

/** What a 2 MiB block of memory is kept for, so that what cannot move stays together. */
public enum MigrateType {
  UNMOVABLE(0),
  MOVABLE(1),
  RECLAIMABLE(2);

  static final int COUNT = 3;
  static final int FALLBACK_COUNT = 2;
  private static final MigrateType[] ALL = values();

  /** Where to look when memory of this type has run out, in this order. */
  private static final MigrateType[][] FALLBACKS = {
    {RECLAIMABLE, MOVABLE}, {RECLAIMABLE, UNMOVABLE}, {UNMOVABLE, MOVABLE}
  };

  /** Its number in arrays, 0 to COUNT - 1. */
  final int index;

  MigrateType(int index) {
    this.index = index;
  }

  static MigrateType of(int index) {
    return ALL[index];
  }

  MigrateType fallback(int attempt) {
    return FALLBACKS[index][attempt];
  }
}
