/**
 * Address spaces: the memory areas (VMAs) of a process, the rules by which they merge and split,
 * and the memory calls that change them. Page tables are changed through {@link
 * dev.elephantfolio.engine.mm.RangeOperations}.
 */
@NullMarked
package dev.elephantfolio.engine.mm;

import org.jspecify.annotations.NullMarked;
