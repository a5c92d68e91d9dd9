/** What a user of Linux can see: counters, smaps, pagemap. */
@NullMarked
package dev.elephantfolio.engine.stat;

import org.jspecify.annotations.NullMarked;
