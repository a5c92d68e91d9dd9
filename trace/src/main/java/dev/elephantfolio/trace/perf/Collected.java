package dev.elephantfolio.trace.perf;

import java.util.List;

/**
 * What the first pass leaves for the second beside the events.
 *
 * @param images the memory images in the order of their EXEC events
 * @param corrections what later lines told of earlier events
 */
record Collected(List<ExecImage> images, Corrections corrections) {}
