/** The few C library calls that Java has no other door to. */
@NullMarked
package dev.elephantfolio.linux.libc;

import org.jspecify.annotations.NullMarked;
