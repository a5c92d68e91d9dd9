/**
 * A recording run through the engine: its events become calls and accesses of simulated processes,
 * and what they then have is measured.
 */
@NullMarked
package dev.elephantfolio.lab.replay;

import org.jspecify.annotations.NullMarked;
