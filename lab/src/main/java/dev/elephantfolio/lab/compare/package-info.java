/** One recording under several policies, side by side, and what follows from that. */
@NullMarked
package dev.elephantfolio.lab.compare;

import org.jspecify.annotations.NullMarked;
