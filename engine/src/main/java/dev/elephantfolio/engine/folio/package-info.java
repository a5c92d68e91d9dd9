/** Folios: their references, mapcounts, split, LRU lists and the deferred-split queue. */
@NullMarked
package dev.elephantfolio.engine.folio;

import org.jspecify.annotations.NullMarked;
