package dev.elephantfolio.lab.scenario;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads what stands behind {@code mmap}, up to the outcome. */
final class MmapParser {
  private static final List<String> WORDS = mmapWords();

  private final Terms terms;
  private final Words words;
  private Optional<Word> protectionWord = Optional.empty();
  private Optional<Word> sharingWord = Optional.empty();
  private Optional<Word> kindWord = Optional.empty();
  private Optional<Word> placementWord = Optional.empty();
  private Protection protection = Protection.RW;
  private Placement placement = Placement.HERE;
  private final Set<MapOption> options = EnumSet.noneOf(MapOption.class);

  MmapParser(Terms terms) {
    this.terms = terms;
    this.words = terms.words();
  }

  private static List<String> mmapWords() {
    List<String> all = new ArrayList<>(List.of("private", "shared", "anon", "at=", "anywhere"));
    for (Protection protection : Protection.values()) {
      all.add(protection.word());
    }
    for (MapOption option : MapOption.values()) {
      all.add(option.word());
    }
    return all;
  }

  Call mmap() {
    Place place = terms.place();
    long length = terms.size("a length");
    while (words.hasNext() && !words.nextIs(Words.ARROW)) {
      take(words.next("an option"));
    }
    boolean shared = sharingWord.map(word -> word.is("shared")).orElse(false);
    return new Call.Mmap(place, length, protection, shared, placement, options);
  }

  private void take(Word word) {
    words.refuse(word, LaterWords.option(word));
    switch (word.text()) {
      case "private", "shared" -> sharingWord = once(sharingWord, word);
      case "anon" -> kindWord = once(kindWord, word);
      case "anywhere" -> place(word, Placement.ANYWHERE);
      default -> takeOther(word);
    }
  }

  private void takeOther(Word word) {
    if (word.text().startsWith("at=")) {
      place(word, new Placement.At(terms.place(word.from("at=".length()))));
      return;
    }
    for (Protection known : Protection.values()) {
      if (word.is(known.word())) {
        protectionWord = once(protectionWord, word);
        protection = known;
        return;
      }
    }
    for (MapOption known : MapOption.values()) {
      if (word.is(known.word())) {
        option(known, word);
        return;
      }
    }
    throw words.expected("an option of mmap", word, WORDS);
  }

  private Optional<Word> once(Optional<Word> before, Word word) {
    if (before.isPresent()) {
      throw words.error(
          word, "'" + word.text() + "' does not go with '" + before.get().text() + "'");
    }
    return Optional.of(word);
  }

  private void place(Word word, Placement chosen) {
    placementWord = once(placementWord, word);
    placement = chosen;
    requirePlaceToKeep(word);
  }

  private void option(MapOption option, Word word) {
    if (!options.add(option)) {
      throw words.error(word, "'" + word.text() + "' stands there twice");
    }
    requirePlaceToKeep(word);
  }

  private void requirePlaceToKeep(Word word) {
    if (placement.equals(Placement.ANYWHERE) && options.contains(MapOption.NOREPLACE)) {
      throw words.error(word, "'noreplace' does not go with 'anywhere'");
    }
  }
}
