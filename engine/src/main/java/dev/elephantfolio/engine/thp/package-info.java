/** Transparent huge pages: settings, which sizes a place may have, splitting and collapsing. */
@NullMarked
package dev.elephantfolio.engine.thp;

import org.jspecify.annotations.NullMarked;
