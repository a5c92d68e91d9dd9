/** Random programs of memory calls, held against a plain model and the invariants. */
@NullMarked
package dev.elephantfolio.engine.random;

import org.jspecify.annotations.NullMarked;
