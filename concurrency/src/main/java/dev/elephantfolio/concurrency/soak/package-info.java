/**
 * A long run of real threads over one machine: what they wrote is what they find, and at rest every
 * count is right.
 */
@NullMarked
package dev.elephantfolio.concurrency.soak;

import org.jspecify.annotations.NullMarked;
