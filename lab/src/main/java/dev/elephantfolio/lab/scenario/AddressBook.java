package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.frame.Contents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What each process's names stand for. A name stands for its own window, but for the bytes of it
 * that a mapping made elsewhere took over:
 *
 * <pre>
 *  call that went well                         | binds
 *  --------------------------------------------+------------------------------------------
 *  mmap a with at= or anywhere                 | the bytes mapped, to where they are
 *  mmap a without                              | the bytes mapped, to the window again
 *  mremap a without to= or dontunmap           | the new length, to where the kernel moved it
 * </pre>
 *
 * A child of fork or vfork starts with its parent's names, and exec forgets all. Both sides keep
 * one, so that the same name means the same on both. Used by one thread.
 */
public final class AddressBook {
  /**
   * Bytes of a region that are somewhere else.
   *
   * @param from the first of them, as the region's place
   * @param address where that is
   */
  public record Binding(Place from, long lengthBytes, long address) {
    /** Whether some of the bytes lie between the addresses. */
    boolean overlaps(long startAddress, long endAddress) {
      return address < endAddress && startAddress < address + lengthBytes;
    }

    private boolean covers(Place place) {
      return from.number() == place.number()
          && Long.compareUnsigned(place.offsetBytes() - from.offsetBytes(), lengthBytes) < 0;
    }

    private boolean covers(Binding other) {
      return covers(other.from)
          && Long.compareUnsigned(
                  other.from.offsetBytes() - from.offsetBytes() + other.lengthBytes, lengthBytes)
              <= 0;
    }
  }

  private final Map<String, List<Binding>> bindings = new HashMap<>();
  private final TreeMap<Integer, String> names = new TreeMap<>();

  /** The byte address that {@code place} has for {@code process}. Learns the region's name. */
  public long address(String process, Place place) {
    names.put(place.number(), place.region());
    return address(bindings.getOrDefault(process, List.of()), place);
  }

  /** The byte address of {@code place} where those names are {@code bound}, the newest last. */
  static long address(List<Binding> bound, Place place) {
    for (int i = bound.size() - 1; i >= 0; i--) {
      Binding binding = bound.get(i);
      if (binding.covers(place)) {
        return binding.address() + place.offsetBytes() - binding.from().offsetBytes();
      }
    }
    return place.address();
  }

  /** The address that mmap is to be called with; 0 for wherever the kernel likes. */
  public long wanted(String process, Call.Mmap mmap) {
    names.put(mmap.place().number(), mmap.place().region());
    return switch (mmap.placement()) {
      case Placement.Here _ -> mmap.place().address();
      case Placement.At(Place at) -> address(process, at);
      case Placement.Anywhere _ -> 0;
    };
  }

  /** Learns where a mapping call that went well placed the mapping. */
  public void mapped(String process, Call call, long address) {
    switch (call) {
      case Call.Mmap mmap -> bind(process, mmap.place(), mmap.lengthBytes(), address);
      case Call.Mremap mremap when mremap.to().isEmpty() && !mremap.dontUnmap() ->
          bind(process, mremap.place(), mremap.newLengthBytes(), address);
      default -> {}
    }
  }

  private void bind(String process, Place place, long lengthBytes, long address) {
    List<Binding> bound = bindings.computeIfAbsent(process, _ -> new ArrayList<>());
    Binding made = new Binding(place, wholePages(lengthBytes), address);
    bound.removeIf(made::covers);
    boolean shadowed = bound.stream().anyMatch(old -> old.from.number() == place.number());
    if (shadowed || address != place.address()) {
      bound.add(made);
    }
  }

  private static long wholePages(long bytes) {
    return bytes + Contents.PAGE_SIZE - 1 & -Contents.PAGE_SIZE;
  }

  /** {@code child} starts with its parent's names. */
  public void forked(String parent, String child) {
    bindings.put(child, new ArrayList<>(bindings.getOrDefault(parent, List.of())));
  }

  /** The process is over, or another program: every name stands for its window. */
  public void forget(String process) {
    bindings.remove(process);
  }

  /** The names of {@code process} that stand for another place, the newest last. */
  public List<Binding> bound(String process) {
    return List.copyOf(bindings.getOrDefault(process, List.of()));
  }

  /** An address in a named window or in the heap as a place, else {@code elsewhere}. */
  public String describe(long address) {
    if (address < Place.FIRST_WINDOW) {
      return address >= Place.HEAP_START
          ? Place.heap(address - Place.HEAP_START).toString()
          : "elsewhere";
    }
    long number = (address - Place.FIRST_WINDOW) / Place.WINDOW_BYTES;
    String name = number > Integer.MAX_VALUE ? null : names.get((int) number);
    return name == null
        ? "elsewhere"
        : new Place(name, (int) number, (address - Place.FIRST_WINDOW) % Place.WINDOW_BYTES)
            .toString();
  }
}
