@NullMarked
package dev.elephantfolio.engine.folio;

import org.jspecify.annotations.NullMarked;
