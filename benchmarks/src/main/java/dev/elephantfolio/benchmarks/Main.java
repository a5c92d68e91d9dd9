package dev.elephantfolio.benchmarks;

import java.io.IOException;

/** JMH's own command line, as the main class of a modular jar must be one of the module's. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws IOException {
    org.openjdk.jmh.Main.main(args);
  }
}
