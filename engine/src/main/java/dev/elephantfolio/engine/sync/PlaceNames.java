package dev.elephantfolio.engine.sync;

import java.util.Optional;

/** Better names for places than they have for themselves: who knows the machine can tell more. */
public interface PlaceNames {
  PlaceNames NONE = (_, _) -> Optional.empty();

  /** A name for the part of the place; empty when the place's own will do. */
  Optional<String> describe(SyncPlace place, long index);
}
