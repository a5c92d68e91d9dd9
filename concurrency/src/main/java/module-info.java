/** Proofs of the engine under concurrency; published nowhere. */
module dev.elephantfolio.concurrency {
  requires dev.elephantfolio.engine;
  requires static org.jspecify;
}
