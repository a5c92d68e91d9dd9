/**
 * The scenario language: one call a line, run on a side (the engine, the live kernel), with what
 * must hold in between. {@code docs/scenario.md} is its users' page.
 */
@NullMarked
package dev.elephantfolio.lab.scenario;

import org.jspecify.annotations.NullMarked;
