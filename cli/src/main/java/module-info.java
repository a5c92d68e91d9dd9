/** The command line. */
module dev.elephantfolio.cli {
  requires com.fasterxml.jackson.databind;
  requires dev.elephantfolio.conformance;
  requires dev.elephantfolio.engine;
  requires dev.elephantfolio.lab;
  requires dev.elephantfolio.linux;
  requires dev.elephantfolio.trace;
  requires info.picocli;
  requires static org.jspecify;

  opens dev.elephantfolio.cli to
      info.picocli;
}
