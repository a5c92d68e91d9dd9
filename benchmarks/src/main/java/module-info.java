/** Measurements with JMH; published nowhere. */
module dev.elephantfolio.benchmarks {
  requires dev.elephantfolio.engine;
  requires dev.elephantfolio.lab;
  requires dev.elephantfolio.trace;
  requires java.management;
  requires jmh.core;
  requires static org.jspecify;
}
