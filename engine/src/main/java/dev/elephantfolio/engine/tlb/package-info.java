/** Translations in use by processors, and how they are taken back. */
@NullMarked
package dev.elephantfolio.engine.tlb;

import org.jspecify.annotations.NullMarked;
