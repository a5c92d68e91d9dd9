package dev.elephantfolio.lab.scenario;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a side can be seen to hold, by its own addresses and frames. {@link Snapshot} is what it
 * comes to when both are taken out.
 *
 * @param processes the living ones by name
 */
public record MachineState(SortedMap<String, ProcessState> processes) {
  public MachineState {
    processes = Collections.unmodifiableSortedMap(new TreeMap<>(processes));
  }

  /**
   * A process.
   *
   * @param areas by address: at least all in windows, in the heap and at bound names
   * @param pages by address: the present and the swapped ones of those areas
   * @param bound the names that stand for another place than their window's, the newest last
   */
  public record ProcessState(
      List<AreaState> areas, List<PageState> pages, List<AddressBook.Binding> bound) {
    public ProcessState {
      areas = List.copyOf(areas);
      pages = List.copyOf(pages);
      bound = List.copyOf(bound);
    }

    /** The byte address that {@code place} has for this process. */
    public long address(Place place) {
      return AddressBook.address(bound, place);
    }
  }

  /**
   * An entry of smaps.
   *
   * @param permissions as {@code /proc/PID/maps} writes them: {@code rw-p}
   * @param smaps every field
   * @param flags the letters of VmFlags, in the kernel's order
   */
  public record AreaState(
      long startAddress,
      long endAddress,
      String permissions,
      Map<SmapsField, Long> smaps,
      List<String> flags) {
    public AreaState {
      smaps = Collections.unmodifiableMap(new EnumMap<>(smaps));
      flags = List.copyOf(flags);
    }

    public boolean isReadable() {
      return permissions.startsWith("r");
    }
  }

  /**
   * What pagemap, kpagecount and kpageflags say of a page.
   *
   * @param exclusive bit 56 of pagemap: mapped once in all
   * @param pmd mapped by a PMD
   * @param pfn its frame; 0 when not present, as the next four
   * @param headPfn the first frame of its folio
   * @param order of its folio
   * @param mapCount what kpagecount says
   * @param frameFlags the bits of kpageflags
   * @param value the first 64-bit word; null where it cannot be read without changing anything
   */
  public record PageState(
      long address,
      boolean present,
      boolean swapped,
      boolean exclusive,
      boolean guard,
      boolean file,
      boolean pmd,
      long pfn,
      long headPfn,
      int order,
      long mapCount,
      long frameFlags,
      @Nullable Long value) {}
}
