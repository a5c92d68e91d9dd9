package dev.elephantfolio.lab.replay;

/**
 * What all processes of a replay had together. Memory that two of them share counts twice in the
 * figures, as it does when smaps of both are added, and once in the used bytes.
 *
 * @param peak the most of each at one moment that somebody who looks every 0.1 s is likely to see;
 *     not necessarily the same moment for all
 * @param last what such a somebody is likely to see last
 * @param exactPeak the most they had of each at one moment, however short
 * @param exactLast what they had at the recording's end, or just before the last of them ended
 * @param hugeCoverageAtPeak how much of the anonymous memory was huge when there was most of it, 0
 *     to 1
 * @param largeCoverageAtPeak how much of it was then in folios of any size above 4 KiB, 0 to 1
 * @param meanHugeCoverage how much of the anonymous memory was huge over the whole time, 0 to 1:
 *     both summed over samples each 0.1 s
 * @param peakUsedBytes the most frames that were in use at one moment: processes, files, page
 *     tables, what partly unmapped huge pages still hold
 * @param usedBytes frames in use at that last moment
 * @param peakBloatBytes the most anonymous memory that was mapped though its process had not
 *     touched it by then
 * @param untouchedBytes what all processes had of that in the end, each just before it ended:
 *     memory that was mapped and never used
 * @param peakPageTableBytes the most memory that page tables took
 * @param peakDeferredFolios the most large folios that waited to be split because a part of them
 *     had been unmapped: the deferred-split backlog
 * @param deferredFolios how many there were last
 */
public record ReplayTotal(
    MemoryFigures peak,
    MemoryFigures last,
    MemoryFigures exactPeak,
    MemoryFigures exactLast,
    double hugeCoverageAtPeak,
    double largeCoverageAtPeak,
    double meanHugeCoverage,
    long peakUsedBytes,
    long usedBytes,
    long peakBloatBytes,
    long untouchedBytes,
    long peakPageTableBytes,
    long peakDeferredFolios,
    long deferredFolios) {}
