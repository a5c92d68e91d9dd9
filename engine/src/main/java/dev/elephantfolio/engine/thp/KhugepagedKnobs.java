package dev.elephantfolio.engine.thp;

/**
 * khugepaged's settings at one moment: {@code transparent_hugepage/khugepaged/}.
 *
 * @param defrag whether it may reclaim and compact to get a huge page
 * @param maxPtesNone how many of the 512 entries may be none or the zero page
 * @param maxPtesSwap how many may be swapped out
 * @param maxPtesShared how many may map pages that other processes map too
 * @param pagesToScan entries (or areas) to look at each time it wakes
 */
public record KhugepagedKnobs(
    boolean defrag,
    int maxPtesNone,
    int maxPtesSwap,
    int maxPtesShared,
    long pagesToScan,
    long scanSleepMillis,
    long allocSleepMillis) {}
