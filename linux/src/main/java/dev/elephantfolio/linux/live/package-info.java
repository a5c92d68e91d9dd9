/**
 * Memory calls on the running kernel: real processes that do what they are told, and everything
 * that procfs shows of their memory.
 */
@NullMarked
package dev.elephantfolio.linux.live;

import org.jspecify.annotations.NullMarked;
