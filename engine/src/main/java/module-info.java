/** The memory manager itself: no file, no clock but its own, no screen. */
module dev.elephantfolio.engine {
  requires static transitive org.jspecify;

  exports dev.elephantfolio.engine;
  exports dev.elephantfolio.engine.fault;
  exports dev.elephantfolio.engine.folio;
  exports dev.elephantfolio.engine.frame;
  exports dev.elephantfolio.engine.gup;
  exports dev.elephantfolio.engine.invariant;
  exports dev.elephantfolio.engine.io;
  exports dev.elephantfolio.engine.migrate;
  exports dev.elephantfolio.engine.mm;
  exports dev.elephantfolio.engine.notifier;
  exports dev.elephantfolio.engine.pagecache;
  exports dev.elephantfolio.engine.pagetable;
  exports dev.elephantfolio.engine.rmap;
  exports dev.elephantfolio.engine.secondary;
  exports dev.elephantfolio.engine.stat;
  exports dev.elephantfolio.engine.sync;
  exports dev.elephantfolio.engine.thp;
  exports dev.elephantfolio.engine.tlb;
}
