/** What the live kernel really does with a program: sampled, written, read back. */
@NullMarked
package dev.elephantfolio.linux.measure;

import org.jspecify.annotations.NullMarked;
