/** Replay, policies, comparison, advice, measurement. */
module dev.elephantfolio.lab {
  requires com.fasterxml.jackson.core;
  requires transitive com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.yaml;
  requires transitive dev.elephantfolio.engine;
  requires dev.elephantfolio.linux;
  requires transitive dev.elephantfolio.trace;
  requires java.management;
  requires static transitive org.jspecify;

  exports dev.elephantfolio.lab;
  exports dev.elephantfolio.lab.bench;
  exports dev.elephantfolio.lab.compare;
  exports dev.elephantfolio.lab.policy;
  exports dev.elephantfolio.lab.race;
  exports dev.elephantfolio.lab.replay;
  exports dev.elephantfolio.lab.scenario;
}
