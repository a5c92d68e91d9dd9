package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.rmap.AnonVmas;

/**
 * What the memory calls of every process share.
 *
 * @param settings the {@code vm/} settings
 * @param committed the machine's promised memory
 * @param anonVmas the reverse map's side of anonymous areas
 * @param ranges the page tables' side of a call
 */
public record MmContext(
    VmSettings settings, Committed committed, AnonVmas anonVmas, RangeOperations ranges) {}
