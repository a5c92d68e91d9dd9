package dev.elephantfolio.lab.scenario;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Reads the calls that hold pages, look through what is held, and let go of it. */
final class HoldParser {
  /** Of pages in a pipe: what pipe-max-size is, unless somebody changed it. */
  private static final long PIPE_BYTES_MAX = 1L << 20;

  private final Terms terms;
  private final Words words;
  private final Holds holds;
  private final String process;

  /**
   * @param process who calls
   */
  HoldParser(Terms terms, Holds holds, String process) {
    this.terms = terms;
    this.words = terms.words();
    this.holds = holds;
    this.process = process;
  }

  /** What stands behind the call's name. */
  Call call(String name) {
    return switch (name) {
      case "pin" -> pin();
      case "vmsplice" ->
          new Call.Vmsplice(terms.place(), terms.lengthUpTo(PIPE_BYTES_MAX), newName("the pipe"));
      case "unpin" -> new Call.Unpin(heldName());
      case "check" -> new Call.Check(heldName(), terms.optionalValue());
      case "fill" -> fill();
      default -> throw new IllegalArgumentException(name);
    };
  }

  private Call pin() {
    Place place = terms.place();
    long length = terms.lengthUpTo(Place.WINDOW_BYTES);
    String name = newName("the pin");
    Set<PinOption> options = EnumSet.noneOf(PinOption.class);
    while (words.hasOption()) {
      Word word = words.peek().orElseThrow();
      if (!options.add(terms.choice("how to pin", List.of(PinOption.values()), PinOption::word))) {
        throw words.error(word, "'" + word.text() + "' stands there twice");
      }
    }
    return new Call.Pin(place, length, name, options);
  }

  private Call fill() {
    Word name = terms.name("the pin's name");
    words.refuse(name, holds.whyNotFill(process, name.text()));
    return new Call.Fill(name.text(), terms.value("a value"));
  }

  private String newName(String what) {
    Word name = terms.name("a name for " + what);
    words.refuse(name, holds.whyNotTake(name.text()));
    return name.text();
  }

  private String heldName() {
    Word name = terms.name("the name of what is held");
    words.refuse(name, holds.whyNotUse(process, name.text()));
    return name.text();
  }
}
