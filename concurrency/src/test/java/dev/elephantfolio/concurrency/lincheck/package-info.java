/**
 * The engine's shared structures held against what they would do if one operation ran at a time.
 * Each class names its operations and beside them the sequential structure; the tool makes up
 * scenarios, runs them in many interleavings and looks for an order that explains the results.
 */
@NullMarked
package dev.elephantfolio.concurrency.lincheck;

import org.jspecify.annotations.NullMarked;
