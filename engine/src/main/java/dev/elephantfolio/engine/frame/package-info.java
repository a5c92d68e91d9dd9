/**
 * Frames of memory: the memory map (flags, counts and links of every frame, in arrays), the buddy
 * allocator with its zones and per-processor lists, and what the frames contain.
 *
 * <p>A pfn is an unsigned {@code int}; 0 means none, since frame 0 is reserved.
 */
@NullMarked
package dev.elephantfolio.engine.frame;

import org.jspecify.annotations.NullMarked;
