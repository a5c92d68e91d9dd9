/** Proofs of the engine under concurrency, by tools made for it and by long runs. */
@NullMarked
package dev.elephantfolio.concurrency;

import org.jspecify.annotations.NullMarked;
