package dev.elephantfolio.cli;

import picocli.CommandLine.Option;

/** Which kernel's memory manager it is to be. */
final class GenerationOption {
  private static final String CURRENT = "6.18";

  @Option(
      names = "--generation",
      paramLabel = "G",
      description = "The kernel whose memory manager it is: " + CURRENT + ".")
  String generation = CURRENT;

  /**
   * Makes sure that there is such a generation.
   *
   * @throws BadInputException for another
   */
  void require() {
    if (!generation.equals(CURRENT)) {
      throw new BadInputException("--generation " + generation + ": only " + CURRENT + " is there");
    }
  }
}
