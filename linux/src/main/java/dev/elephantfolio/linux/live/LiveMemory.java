package dev.elephantfolio.linux.live;

import java.nio.ByteBuffer;
import java.util.ArrayList;
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

  /** Reads what {@code observe.c} answers when it is asked for those processes. */
  static List<LiveMemory> parse(List<LiveProcess> processes, ByteBuffer answer) {
    List<List<LiveArea>> areas = new ArrayList<>();
    for (LiveProcess _ : processes) {
      byte[] text = new byte[(int) answer.getLong()];
      answer.get(text);
      areas.add(SmapsText.parse(text));
    }
    int left = (int) answer.getLong();
    List<LiveMemory> memories = new ArrayList<>();
    for (int i = 0; i < areas.size(); i++) {
      LivePages pages = LivePages.take(answer, i, left);
      left -= pages.count();
      memories.add(new LiveMemory(processes.get(i), areas.get(i), pages));
    }
    return memories;
  }
}
