/** The reverse map: from a folio to every place that may map it. */
@NullMarked
package dev.elephantfolio.engine.rmap;

import org.jspecify.annotations.NullMarked;
