package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.RecordedRegion;
import java.util.List;

/**
 * The memory map an image began with.
 *
 * @param regions by ascending start
 * @param argumentsStart address of the stack's first page that exec itself filled
 * @param stackTop address past the last one; equal numbers if there is no such page
 */
record InitialMap(List<RecordedRegion> regions, long argumentsStart, long stackTop) {}
