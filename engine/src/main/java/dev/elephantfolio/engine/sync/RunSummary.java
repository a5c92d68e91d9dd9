package dev.elephantfolio.engine.sync;

/**
 * What a run was.
 *
 * @param syncPoints the sync points passed; 0 with real threads
 * @param fingerprint the same for two runs exactly when (short of a hash collision) they took the
 *     same schedule; 0 with real threads
 */
public record RunSummary(long syncPoints, long fingerprint) {}
