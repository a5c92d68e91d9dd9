package dev.elephantfolio.linux.live;

import java.util.List;

/**
 * What can be seen of a process's memory in the ranges that were asked for.
 *
 * @param areas those that lie in a range, or partly, by address
 */
public record LiveMemory(LiveProcess process, List<LiveArea> areas, LivePages pages) {
  public LiveMemory {
    areas = List.copyOf(areas);
  }
}
