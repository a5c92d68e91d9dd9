package dev.elephantfolio.cli;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.trace.perf.ImportReport;
import dev.elephantfolio.trace.perf.PerfImportOptions;
import dev.elephantfolio.trace.perf.PerfImporter;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code efolio import}: makes a recording of what another tool wrote. */
@Command(
    name = "import",
    description = "Make a recording of what another tool wrote.",
    footer = {
      "",
      "Example:",
      "  efolio import perf redis.perf.txt.gz -o redis.eft",
    })
final class ImportCommand extends FolioCommand {
  private static final Path STANDARD_INPUT = Path.of("-");

  @Parameters(
      index = "0",
      paramLabel = "TOOL",
      description = "What wrote it: perf, for the text that 'perf script' prints.")
  @SuppressWarnings("NullAway.Init")
  String tool;

  @Parameters(
      index = "1",
      paramLabel = "IN",
      description = "Its file, plain or compressed by gzip; - is standard input.")
  @SuppressWarnings("NullAway.Init")
  Path input;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "F.eft",
      required = true,
      description = "The recording to write.")
  @SuppressWarnings("NullAway.Init")
  Path output;

  @Override
  public Integer call() throws IOException {
    requirePerf();
    new OutputPlace(output).check(input);
    ImportReport report = importPerf();
    ImportNotes.of(output, report).forEach(this::say);
    return ExitCode.DONE;
  }

  private void requirePerf() {
    switch (tool) {
      case "perf" -> {}
      case "strace", "lackey" ->
          throw new BadInputException(tool + " is not read yet; perf is: efolio import perf ...");
      default -> throw new BadInputException("nothing reads '" + tool + "'; perf is read");
    }
  }

  private ImportReport importPerf() throws IOException {
    PerfImporter importer = new PerfImporter(PerfImportOptions.defaults());
    try (ProgressLine progress = progress("importing", Amounts::bytes)) {
      return input.equals(STANDARD_INPUT)
          ? importer.importStream(System.in, "standard input", output, progress::at)
          : importer.importFile(input, output, progress::at);
    }
  }
}
