/** The soak, for as long as a test may take. */
@NullMarked
package dev.elephantfolio.concurrency.soak;

import org.jspecify.annotations.NullMarked;
