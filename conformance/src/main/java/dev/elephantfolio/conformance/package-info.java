/** The same random programs on the live kernel and on the engine, compared field by field. */
@NullMarked
package dev.elephantfolio.conformance;

import org.jspecify.annotations.NullMarked;
