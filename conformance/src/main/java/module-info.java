/** The same calls on the live kernel and on the engine, compared. */
module dev.elephantfolio.conformance {
  requires transitive com.fasterxml.jackson.databind;
  requires transitive dev.elephantfolio.engine;
  requires transitive dev.elephantfolio.lab;
  requires dev.elephantfolio.linux;
  requires static transitive org.jspecify;

  exports dev.elephantfolio.conformance;
  exports dev.elephantfolio.conformance.compare;
  exports dev.elephantfolio.conformance.report;
  exports dev.elephantfolio.conformance.run;
}
