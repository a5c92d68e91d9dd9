/** A user's command: found, started with chosen traits, its signals passed on. */
@NullMarked
package dev.elephantfolio.linux.command;

import org.jspecify.annotations.NullMarked;
