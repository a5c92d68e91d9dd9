package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MainTest {
  @Test
  void helpAndVersionAreAnswers() {
    assertTrue(Efolio.run("--help").done().out().startsWith("Usage: efolio "));
    assertTrue(Efolio.run("help").done().out().startsWith("Usage: efolio "));
    assertTrue(Efolio.run("--version").done().out().startsWith("efolio "));
    assertEquals("", Efolio.run("--help").err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"record", "import", "measure", "trace", "replay", "compare", "advise", "scenario"})
  void everyCommandHasHelp(String command) {
    assertTrue(Efolio.run(command, "--help").done().out().startsWith("Usage: efolio " + command));
    assertTrue(Efolio.run("help", command).done().out().startsWith("Usage: efolio " + command));
  }

  @Test
  void aCommandIsRequired() {
    Efolio.run().refused("efolio: Missing required subcommand (see efolio --help)");
    Efolio.run("trace")
        .refused("efolio trace: Missing required subcommand (see efolio trace --help)");
  }

  @Test
  void whatIsNotKnownIsRefusedWithWhatWasMeant() {
    Efolio.run("repaly")
        .refused(
            "efolio: there is no command 'repaly'; did you mean 'replay'? (see efolio --help)");
    Efolio.run("trace", "inof", "f.eft")
        .refused(
            "efolio trace: there is no command 'inof'; did you mean 'info'?"
                + " (see efolio trace --help)");
    Efolio.run("--no-such-option")
        .refused("efolio: Unknown option: '--no-such-option' (see efolio --help)");
    Efolio.run("replay", "f.eft", "--jsno")
        .refused(
            "efolio replay: Unknown option: '--jsno'; did you mean '--json'?"
                + " (see efolio replay --help)");
  }

  @Test
  void aMissingArgumentIsNamed() {
    Efolio.run("replay")
        .refused("efolio replay: Missing required parameter: 'F.eft' (see efolio replay --help)");
    Efolio.run("import", "perf", "x.txt")
        .refused(
            "efolio import: Missing required option: '--output=F.eft' (see efolio import --help)");
    Efolio.run("record", "-o", "x.eft", "--")
        .refused("efolio record: Missing required parameter: 'COMMAND' (see efolio record --help)");
  }
}
