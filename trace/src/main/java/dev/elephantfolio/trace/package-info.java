/** The recording of what a program did to memory. */
@NullMarked
package dev.elephantfolio.trace;

import org.jspecify.annotations.NullMarked;
