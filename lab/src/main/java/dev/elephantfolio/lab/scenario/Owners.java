package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.lab.scenario.MachineState.AreaState;
import dev.elephantfolio.lab.scenario.MachineState.ProcessState;
import java.util.List;
import java.util.Optional;

/**
 * Says to which of a scenario's regions a process's memory areas belong.
 *
 * <p>An area belongs to the window that it begins in; a stack, which may have grown out of its
 * window, to the one that it ends in. Outside of all windows it belongs to the name that is bound
 * to a part of it, the one with the lowest number; else to none, and then it is not the scenario's.
 */
final class Owners {
  private static final String STACK = "gd";

  /**
   * Whom an area belongs to.
   *
   * @param start where the region begins
   */
  record Owner(String region, int number, long start) {
    private static Owner of(Place place, long address) {
      return new Owner(place.region(), place.number(), address - place.offsetBytes());
    }
  }

  private final List<String> regions;
  private final ProcessState process;

  /**
   * @param regions the names by number
   */
  Owners(List<String> regions, ProcessState process) {
    this.regions = regions;
    this.process = process;
  }

  /** The area's owner; empty for one that is not the scenario's. */
  Optional<Owner> of(AreaState area) {
    long first = area.startAddress();
    long last = area.endAddress() - 1;
    boolean stack = area.flags().contains(STACK);
    return window(stack ? last : first)
        .or(() -> window(stack ? first : last))
        .or(() -> bound(area));
  }

  private Optional<Owner> window(long address) {
    if (address < Place.HEAP_START) {
      return Optional.empty();
    }
    if (address < Place.FIRST_WINDOW) {
      return Optional.of(Owner.of(Place.heap(0), Place.HEAP_START));
    }
    long number = (address - Place.FIRST_WINDOW) / Place.WINDOW_BYTES;
    return number < regions.size() ? Optional.of(window((int) number)) : Optional.empty();
  }

  private Owner window(int number) {
    return new Owner(regions.get(number), number, Place.windowStart(number));
  }

  private Optional<Owner> bound(AreaState area) {
    AddressBook.Binding best = null;
    for (AddressBook.Binding binding : process.bound()) {
      boolean here = binding.overlaps(area.startAddress(), area.endAddress());
      if (here && (best == null || binding.from().number() <= best.from().number())) {
        best = binding;
      }
    }
    return Optional.ofNullable(best).map(binding -> Owner.of(binding.from(), binding.address()));
  }

  /** Whether a part of the area lies in the region's window, or where its name is bound to. */
  boolean isIn(AreaState area, Place region) {
    long start = Place.windowStart(region.number());
    long end = region.isHeap() ? Place.FIRST_WINDOW : start + Place.WINDOW_BYTES;
    if (area.startAddress() < end && start < area.endAddress()) {
      return true;
    }
    for (AddressBook.Binding binding : process.bound()) {
      if (binding.from().number() == region.number()
          && binding.overlaps(area.startAddress(), area.endAddress())) {
        return true;
      }
    }
    return false;
  }
}
