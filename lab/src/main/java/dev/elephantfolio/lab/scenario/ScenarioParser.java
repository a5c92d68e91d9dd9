package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.thp.NearestName;
import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.DropCachesStep;
import dev.elephantfolio.lab.scenario.Step.ExpectStep;
import dev.elephantfolio.lab.scenario.Step.KhugepagedStep;
import dev.elephantfolio.lab.scenario.Step.MachineStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import dev.elephantfolio.lab.scenario.Step.SetStep;
import dev.elephantfolio.lab.scenario.Step.SnapshotStep;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads the scenario language. Every mistake is a {@link LabException} of one line that names file,
 * line and column and says what was expected.
 */
public final class ScenarioParser {
  private static final String FIRST_WORD =
      "a process, or one of " + String.join(" ", Processes.LINE_WORDS);
  private static final long MEMORY_UNIT = 2L << 20;
  private static final long MEMORY_MAX = 16L << 40;
  private static final int CPUS_MAX = 256;
  private static final int SCANS_MAX = 1_000_000;

  private final Map<String, Integer> regions = new LinkedHashMap<>();
  private final Processes processes = new Processes();
  private final List<Step> steps = new ArrayList<>();

  private ScenarioParser() {}

  /**
   * Reads a file.
   *
   * @throws LabException also when it cannot be read
   */
  public static Scenario read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file));
    } catch (NoSuchFileException _) {
      throw new LabException(file + ": no such file");
    } catch (CharacterCodingException _) {
      throw new LabException(file + ": not text in UTF-8");
    } catch (IOException e) {
      String why = Files.isDirectory(file) ? "it is a directory" : e.getMessage();
      throw new LabException(file + ": cannot be read: " + why);
    }
  }

  /**
   * Reads {@code text}.
   *
   * @param file what errors call it
   */
  public static Scenario parse(String file, String text) {
    ScenarioParser parser = new ScenarioParser();
    List<String> source = text.lines().toList();
    for (int i = 0; i < source.size(); i++) {
      Words words = Words.of(file, i + 1, source.get(i));
      if (words.hasNext()) {
        parser.step(words);
      }
    }
    return new Scenario(file, parser.steps, source);
  }

  private void step(Words words) {
    Terms terms = new Terms(words, regions);
    Word first = words.next(FIRST_WORD);
    words.refuse(first, LaterWords.topLevel(first));
    Step step =
        switch (first.text()) {
          case "machine" -> machine(terms, first);
          case "set" -> set(words);
          case "process" -> process(terms);
          case "khugepaged" ->
              new KhugepagedStep(words.line(), terms.number("a number of scans", 1, SCANS_MAX));
          case "drop_caches" -> new DropCachesStep(words.line());
          case "snapshot" -> new SnapshotStep(words.line(), label(words));
          case "expect" -> new ExpectStep(words.line(), ExpectationParser.parse(terms, processes));
          default -> call(terms, first);
        };
    words.end();
    steps.add(step);
  }

  private Step machine(Terms terms, Word first) {
    Words words = terms.words();
    if (!steps.isEmpty()) {
      throw words.error(first, "'machine' stands before everything else");
    }
    long memoryBytes = MachineStep.STANDARD.memoryBytes();
    int cpus = MachineStep.STANDARD.cpus();
    do {
      Word word = words.next("memory=SIZE or cpus=N");
      if (word.text().startsWith("memory=")) {
        memoryBytes = memory(terms, word.from("memory=".length()));
      } else if (word.text().startsWith("cpus=")) {
        cpus = terms.number(word.from("cpus=".length()), "a number of processors", 1, CPUS_MAX);
      } else {
        throw words.expected("memory=SIZE or cpus=N", word, List.of("memory=", "cpus="));
      }
    } while (words.hasNext());
    return new MachineStep(words.line(), memoryBytes, cpus);
  }

  private static long memory(Terms terms, Word word) {
    long bytes = terms.size(word, "a size, as 4G");
    if (bytes % MEMORY_UNIT != 0 || bytes <= 0 || bytes > MEMORY_MAX) {
      throw terms.words().expected("a multiple of 2M up to 16T", word);
    }
    return bytes;
  }

  private static Step set(Words words) {
    Word key = words.next("a setting, as transparent_hugepage/enabled");
    int equals = key.text().indexOf('=');
    if (equals > 0) {
      throw words.error(
          key.from(equals), "expected a blank between the setting and its value, got '='");
    }
    return new SetStep(words.line(), key.text(), words.next("the setting's value").text());
  }

  private Step process(Terms terms) {
    Words words = terms.words();
    Word name = terms.name("a process's name");
    words.refuse(name, processes.whyNotStart(name.text()));
    Optional<Word> option = words.peek();
    if (option.isPresent()) {
      words.refuse(option.get(), LaterWords.option(option.get()));
    }
    processes.start(name.text());
    return new ProcessStep(words.line(), name.text());
  }

  private static String label(Words words) {
    return words.rest().stream().map(Word::text).collect(Collectors.joining(" "));
  }

  private Step call(Terms terms, Word process) {
    Words words = terms.words();
    words.refuse(process, processes.whyNotCall(process.text()).map(why -> why + meant(process)));
    Call call = new CallParser(terms, processes, process.text()).call();
    Expected expected = words.hasNext() ? outcome(words) : Expected.OK;
    processes.called(process.text(), call, expected.word());
    return new CallStep(words.line(), process.text(), call, expected);
  }

  /** The word of the language that may have been meant by an unknown process. */
  private static String meant(Word process) {
    return NearestName.of(process.text(), Processes.LINE_WORDS)
        .map(word -> "; did you mean '" + word + "'?")
        .orElse("");
  }

  private static Expected outcome(Words words) {
    Word arrow = words.next(Words.ARROW);
    if (!arrow.is(Words.ARROW)) {
      throw words.expected("the end of the line, or -> and an outcome", arrow);
    }
    Word word = words.next("an outcome, as OK or EINVAL");
    if (!OutcomeWords.allWords().contains(word.text())) {
      throw words.expected(
          "an outcome, as OK, EINVAL, SIGSEGV or ?", word, OutcomeWords.allWords());
    }
    return new Expected(word.text());
  }
}
