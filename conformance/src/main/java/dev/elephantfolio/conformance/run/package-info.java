/** One program on two sides at a time, compared as it goes. */
@NullMarked
package dev.elephantfolio.conformance.run;

import org.jspecify.annotations.NullMarked;
