/**
 * How threads meet: locks with ranks, the points at which another thread may come between, and the
 * two thread models (real threads; one at a time under a scheduler).
 */
@NullMarked
package dev.elephantfolio.engine.sync;

import org.jspecify.annotations.NullMarked;
