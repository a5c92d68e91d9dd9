package dev.elephantfolio.trace.perf;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the names of mapped files. perf names only what is mapped executable; but a loader maps the
 * whole file first and then its parts over that, through one descriptor, so that the name of one
 * part is the name of all.
 */
final class FileMappings {
  private final Corrections corrections;
  private final List<Mapping> mappings = new ArrayList<>();

  private record Mapping(long event, long descriptor, String name) {}

  FileMappings(Corrections corrections) {
    this.corrections = corrections;
  }

  /**
   * Notes a mapping that is about to take its place.
   *
   * @param name what perf calls it, empty if it does not say
   * @return the tag for its region
   */
  int mapped(RegionMap regions, long event, long start, long[] arguments, String name) {
    long end = start + AddressSpace.pageUp(arguments[1]);
    long descriptor = arguments[4];
    Siblings siblings = new Siblings(regions, start, end, descriptor);
    String found = name.isEmpty() ? siblings.name() : name;
    mappings.add(new Mapping(event, descriptor, found));
    if (!found.isEmpty()) {
      corrections.nameMapping(event, found);
      siblings.nameAll(found);
    }
    return mappings.size() - 1;
  }

  /** The mappings through the same descriptor that the new one will lie over. */
  private final class Siblings {
    private final List<Integer> tags = new ArrayList<>();

    Siblings(RegionMap regions, long start, long end, long descriptor) {
      int index = regions.firstEndingAfter(start);
      for (; index < regions.size() && regions.start(index) < end; index++) {
        int tag = regions.tag(index);
        if (tag >= 0 && mappings.get(tag).descriptor == descriptor) {
          tags.add(tag);
        }
      }
    }

    String name() {
      for (int tag : tags) {
        if (!mappings.get(tag).name.isEmpty()) {
          return mappings.get(tag).name;
        }
      }
      return "";
    }

    void nameAll(String name) {
      for (int tag : tags) {
        Mapping mapping = mappings.get(tag);
        if (mapping.name.isEmpty()) {
          mappings.set(tag, new Mapping(mapping.event, mapping.descriptor, name));
          corrections.nameMapping(mapping.event, name);
        }
      }
    }
  }
}
