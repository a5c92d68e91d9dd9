/**
 * Races: a few calls of a machine side by side, run under very many schedules, with what must hold
 * after each, and the protections without which it must not.
 */
@NullMarked
package dev.elephantfolio.lab.race;

import org.jspecify.annotations.NullMarked;
