/** C programs of ours, compiled on the machine they run on. */
@NullMarked
package dev.elephantfolio.linux.program;

import org.jspecify.annotations.NullMarked;
