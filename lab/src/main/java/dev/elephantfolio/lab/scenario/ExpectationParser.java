package dev.elephantfolio.lab.scenario;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what must hold: what stands behind {@code expect}. */
final class ExpectationParser {
  private static final String RELATION = "one of = < <= > >= !=";
  private static final Pattern PARTS = Pattern.compile("!=|<=|>=|[=<>]|!?[^=<>!]+|!");
  private static final List<String> FIELDS =
      Arrays.stream(SmapsField.values()).map(SmapsField::kernelName).toList();
  private static final List<String> PAGE_WORDS = pageWords();

  /** The line's words, relations cut apart. */
  private final Terms terms;

  private final Words words;
  private final Processes processes;

  private ExpectationParser(Terms terms, Processes processes) {
    this.terms = terms;
    this.words = terms.words();
    this.processes = processes;
  }

  private static List<String> pageWords() {
    List<String> all = new ArrayList<>(List.of("same-frame", "other-frame"));
    Arrays.stream(PageMark.values()).map(PageMark::word).forEach(all::add);
    Arrays.stream(PageNumber.values()).map(PageNumber::word).forEach(all::add);
    return all;
  }

  /** The rest of the line. */
  static Expectation parse(Terms line, Processes processes) {
    List<Word> cut = new ArrayList<>();
    for (Word word : line.words().rest()) {
      Matcher parts = PARTS.matcher(word.text());
      while (parts.find()) {
        cut.add(new Word(parts.group(), word.column() + parts.start()));
      }
    }
    ExpectationParser parser = new ExpectationParser(line.recut(cut), processes);
    Expectation expectation = parser.expectation();
    parser.words.end();
    return expectation;
  }

  private Expectation expectation() {
    Word first = words.next("a process, or vmstat");
    if (first.is("group")) {
      throw words.error(first, "'expect group' is not there yet: " + LaterWords.GROUPS);
    }
    return first.is("vmstat") ? ofCounter() : ofProcess(first);
  }

  // vmstat NAME + N

  private Expectation ofCounter() {
    Word counter = words.next("a counter, as thp_split_pmd");
    Word sign = words.next("+ or - and by how much, or " + RELATION);
    Optional<Relation> relation = Relation.of(sign.text());
    if (relation.isPresent()) {
      long value = signed(words.next("a number"));
      return new Expectation.OfCounter(counter.text(), relation.get(), value);
    }
    boolean up = sign.text().startsWith("+");
    if (!up && !sign.text().startsWith("-")) {
      throw words.expected("+ or - and by how much, or " + RELATION, sign);
    }
    long amount = sign.text().length() > 1 ? count(sign.from(1)) : count(words.next("a number"));
    return new Expectation.OfCounter(counter.text(), Relation.EQUAL, up ? amount : -amount);
  }

  private long signed(Word word) {
    return word.text().startsWith("-") ? -count(word.from(1)) : count(word);
  }

  private long count(Word word) {
    OptionalLong number = Sizes.unsigned(word.text());
    if (number.isEmpty() || number.getAsLong() < 0) {
      throw words.expected("a whole number", word);
    }
    return number.getAsLong();
  }

  // PROCESS ...

  private Expectation ofProcess(Word process) {
    words.refuse(process, processes.whyNotThere(process.text()));
    Word what = words.next("an address or a field of smaps");
    return nextIsRelation() ? ofWhole(process, what) : ofPlace(process, what);
  }

  private boolean nextIsRelation() {
    return words.peek().flatMap(word -> Relation.of(word.text())).isPresent();
  }

  private Expectation ofWhole(Word process, Word field) {
    SmapsField known = field(field);
    return new Expectation.OfProcess(process.text(), known, relation(), bytes());
  }

  private SmapsField field(Word word) {
    return SmapsField.named(word.text())
        .orElseThrow(() -> words.expected("a field of smaps", word, FIELDS));
  }

  private Relation relation() {
    Word word = words.next(RELATION);
    return Relation.of(word.text()).orElseThrow(() -> words.expected(RELATION, word));
  }

  private long bytes() {
    return terms.size("a size");
  }

  private Expectation ofPlace(Word process, Word placeWord) {
    Place place = terms.place(placeWord);
    Word first = words.next("a field of smaps, or what the page is to be, as present");
    return switch (first.text()) {
      case "same-frame" -> ofFrames(process, place, true);
      case "other-frame" -> ofFrames(process, place, false);
      default ->
          nextIsRelation() && !isPageNumber(first)
              ? ofRegion(process, placeWord, place, first)
              : ofPage(process, place, first);
    };
  }

  private static boolean isPageNumber(Word word) {
    return Arrays.stream(PageNumber.values()).anyMatch(number -> word.is(number.word()));
  }

  private Expectation ofFrames(Word process, Place place, boolean same) {
    Word other = words.next("the other page's process");
    words.refuse(other, processes.whyNotThere(other.text()));
    return new Expectation.OfFrames(process.text(), place, same, other.text(), terms.place());
  }

  private Expectation ofRegion(Word process, Word placeWord, Place place, Word field) {
    SmapsField known = field(field);
    if (place.offsetBytes() != 0) {
      throw words.error(
          placeWord, "a field of smaps is of a whole region: write " + place.region());
    }
    return new Expectation.OfRegion(process.text(), place, known, relation(), bytes());
  }

  private Expectation ofPage(Word process, Place place, Word first) {
    List<PageCondition> conditions = new ArrayList<>();
    conditions.add(condition(first));
    while (words.hasNext()) {
      conditions.add(condition(words.next("what the page is to be")));
    }
    return new Expectation.OfPage(process.text(), place, conditions);
  }

  private PageCondition condition(Word word) {
    for (PageNumber number : PageNumber.values()) {
      if (word.is(number.word())) {
        Relation relation = relation();
        long value = terms.value("a number");
        return new PageCondition.Has(number, relation, value);
      }
    }
    boolean wanted = !word.text().startsWith("!");
    for (PageMark mark : PageMark.values()) {
      if (mark.word().equals(wanted ? word.text() : word.text().substring(1))) {
        return new PageCondition.Is(mark, wanted);
      }
    }
    throw words.expected("what the page is to be, as present", word, PAGE_WORDS);
  }
}
