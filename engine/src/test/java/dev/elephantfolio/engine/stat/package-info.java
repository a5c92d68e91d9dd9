/** What a user of Linux can see, read back. */
@NullMarked
package dev.elephantfolio.engine.stat;

import org.jspecify.annotations.NullMarked;
