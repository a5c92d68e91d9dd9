/** Two sides' states held against each other, and what is left out of that. */
@NullMarked
package dev.elephantfolio.conformance.compare;

import org.jspecify.annotations.NullMarked;
