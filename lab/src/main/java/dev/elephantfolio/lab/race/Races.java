package dev.elephantfolio.lab.race;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The races that come with Elephant Folio. */
public final class Races {
  private static final List<Race> ALL =
      Stream.of(GupRaces.ALL, IoRaces.ALL, FaultRaces.ALL, FolioRaces.ALL, NotifierRaces.ALL)
          .flatMap(List::stream)
          .toList();

  private Races() {}

  public static List<Race> all() {
    return ALL;
  }

  /** The race of that name. */
  public static Optional<Race> named(String name) {
    return ALL.stream().filter(race -> race.name().equals(name)).findFirst();
  }
}
