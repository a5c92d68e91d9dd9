/** The memory manager's public face. */
@NullMarked
package dev.elephantfolio.engine;

import org.jspecify.annotations.NullMarked;
