/** Imports the text that {@code perf script} prints. */
@NullMarked
package dev.elephantfolio.trace.perf;

import org.jspecify.annotations.NullMarked;
