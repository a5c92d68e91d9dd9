package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.lab.scenario.MachineState.AreaState;
import dev.elephantfolio.lab.scenario.MachineState.PageState;
import dev.elephantfolio.lab.scenario.MachineState.ProcessState;
import dev.elephantfolio.linux.live.AddressRange;
import dev.elephantfolio.linux.live.LiveArea;
import dev.elephantfolio.linux.live.LiveMachine;
import dev.elephantfolio.linux.live.LiveMemory;
import dev.elephantfolio.linux.live.LivePages;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Looks at real processes. */
final class LiveView {
  /** A process's own few pages lie below its heap; all above is the scenario's. */
  private static final List<AddressRange> EVERYTHING =
      List.of(new AddressRange(Place.HEAP_START, 0x7fff_ffff_f000L));

  private final LiveMachine machine;
  private final AddressBook book;

  LiveView(LiveMachine machine, AddressBook book) {
    this.machine = machine;
    this.book = book;
  }

  MachineState look() {
    SortedMap<String, ProcessState> states = new TreeMap<>();
    for (LiveMemory memory : machine.observe(machine.living(), EVERYTHING, true)) {
      states.put(memory.process().name(), of(memory));
    }
    return new MachineState(states);
  }

  private ProcessState of(LiveMemory memory) {
    List<AreaState> areas = new ArrayList<>();
    memory.areas().forEach(area -> areas.add(area(area)));
    return new ProcessState(
        areas, pages(areas, memory.pages()), book.bound(memory.process().name()));
  }

  private static AreaState area(LiveArea area) {
    Map<SmapsField, Long> fields = new EnumMap<>(SmapsField.class);
    area.fields()
        .forEach(
            (name, value) -> SmapsField.named(name).ifPresent(field -> fields.put(field, value)));
    return new AreaState(
        area.startAddress(), area.endAddress(), area.permissions(), fields, area.flags());
  }

  private static List<PageState> pages(List<AreaState> areas, LivePages pages) {
    List<PageState> states = new ArrayList<>(pages.count());
    int area = 0;
    for (int i = 0; i < pages.count(); i++) {
      while (areas.get(area).endAddress() <= pages.address(i)) {
        area++;
      }
      states.add(page(pages, i, areas.get(area).isReadable()));
    }
    return states;
  }

  private static PageState page(LivePages pages, int i, boolean readable) {
    return new PageState(
        pages.address(i),
        pages.isPresent(i),
        pages.isSwapped(i),
        pages.isExclusive(i),
        pages.isGuard(i),
        pages.isFile(i),
        pages.isByPmd(i),
        pages.pfn(i),
        pages.headPfn(i),
        pages.order(i),
        pages.mapCount(i),
        pages.frameFlags(i),
        readable && pages.hasValue(i) ? pages.value(i) : null);
  }
}
