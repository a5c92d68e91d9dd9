/** What must hold of a machine at rest, whatever was done to it. */
@NullMarked
package dev.elephantfolio.engine.invariant;

import org.jspecify.annotations.NullMarked;
