package dev.elephantfolio.lab.scenario;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Words that the language has and that nothing stands behind yet. */
final class LaterWords {
  private static final String SWAP = "swap comes with later work";
  static final String GROUPS = "memory cgroups come with later work";
  private static final String FILES = "files come with later work";
  private static final String KSM = "KSM comes with later work";
  private static final String MIGRATION = "migration on demand comes with later work";

  private static final Map<String, String> TOP_LEVEL =
      Map.of(
          "swap", SWAP,
          "group", GROUPS,
          "compact", "compaction comes with later work",
          "ksm", KSM);

  private static final Map<String, String> CALLS = Map.of("move", MIGRATION);

  private static final Map<String, String> OPTIONS =
      Map.of(
          "in", GROUPS,
          "file", FILES,
          "memfd", FILES,
          "hugetlb", "hugetlb comes with later work");

  private LaterWords() {}

  /** What is to be said of a line's first word; empty for one that is there, or is none. */
  static Optional<String> topLevel(Word word) {
    return message(word.text(), TOP_LEVEL.get(word.text()));
  }

  /** Whether a line may begin with the word one day. */
  static boolean isLineWord(String word) {
    return TOP_LEVEL.containsKey(word);
  }

  /** What is to be said of a call. */
  static Optional<String> call(Word word) {
    return message(word.text(), CALLS.get(word.text()));
  }

  /** What is to be said of an option such as {@code file=F}. */
  static Optional<String> option(Word word) {
    int equals = word.text().indexOf('=');
    return equals < 0
        ? Optional.empty()
        : message(
            word.text().substring(0, equals + 1), OPTIONS.get(word.text().substring(0, equals)));
  }

  private static Optional<String> message(String word, @Nullable String why) {
    return Optional.ofNullable(why).map(reason -> "'" + word + "' is not there yet: " + reason);
  }
}
