/**
 * How fast the engine and the recordings are, beside the live kernel, and what memory they need.
 */
@NullMarked
package dev.elephantfolio.lab.bench;

import org.jspecify.annotations.NullMarked;
