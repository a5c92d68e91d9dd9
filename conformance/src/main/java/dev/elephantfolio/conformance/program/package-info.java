/** Random programs of memory calls: the same seed gives the same program. */
@NullMarked
package dev.elephantfolio.conformance.program;

import org.jspecify.annotations.NullMarked;
