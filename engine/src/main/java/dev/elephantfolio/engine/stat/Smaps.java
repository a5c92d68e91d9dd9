package dev.elephantfolio.engine.stat;

/**
 * What {@code /proc/PID/smaps} says of one VMA, or {@code smaps_rollup} of all: bytes.
 *
 * @param pssBytes each page divided by how often it is mapped
 * @param lazyFreeBytes anonymous memory given up by MADV_FREE and not written since
 * @param anonHugePagesBytes anonymous memory mapped by PMDs
 * @param lockedBytes the part of Pss that is mlocked
 */
public record Smaps(
    long rssBytes,
    long pssBytes,
    long pssDirtyBytes,
    long sharedCleanBytes,
    long sharedDirtyBytes,
    long privateCleanBytes,
    long privateDirtyBytes,
    long referencedBytes,
    long anonymousBytes,
    long ksmBytes,
    long lazyFreeBytes,
    long anonHugePagesBytes,
    long shmemPmdMappedBytes,
    long filePmdMappedBytes,
    long swapBytes,
    long swapPssBytes,
    long lockedBytes) {}
