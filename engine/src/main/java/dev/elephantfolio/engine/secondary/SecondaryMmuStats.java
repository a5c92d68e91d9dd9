package dev.elephantfolio.engine.secondary;

/**
 * What a secondary MMU did so far.
 *
 * @param smallFaults faults that ended in a translation of 4 KiB
 * @param hugeFaults faults that ended in a translation of 2 MiB
 * @param invalidations invalidations that concerned guest memory
 * @param smallZapped translations of 4 KiB dropped by invalidations
 * @param hugeZapped translations of 2 MiB dropped by invalidations
 * @param retries lookups that an invalidation overtook
 * @param processFaults faults of the process that guest faults brought about
 * @param small translations of 4 KiB now
 * @param huge translations of 2 MiB now
 */
public record SecondaryMmuStats(
    long smallFaults,
    long hugeFaults,
    long invalidations,
    long smallZapped,
    long hugeZapped,
    long retries,
    long processFaults,
    long small,
    long huge) {}
