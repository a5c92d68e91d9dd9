/** Measurements of the engine, the recording and the laboratory. */
@NullMarked
package dev.elephantfolio.benchmarks;

import org.jspecify.annotations.NullMarked;
