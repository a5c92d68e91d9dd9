/** The command line. */
@NullMarked
package dev.elephantfolio.cli;

import org.jspecify.annotations.NullMarked;
