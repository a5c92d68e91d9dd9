package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.stat.KernelPages;
import dev.elephantfolio.lab.scenario.MachineState.AreaState;
import dev.elephantfolio.lab.scenario.MachineState.PageState;
import dev.elephantfolio.lab.scenario.MachineState.ProcessState;
import dev.elephantfolio.lab.scenario.Snapshot.AreaView;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import dev.elephantfolio.lab.scenario.Snapshot.ProcessView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Takes addresses and frames out of a state: places and folio numbers come instead. */
final class SnapshotMaker {
  /** An area, whose it is, and its pages. */
  private record OwnedArea(AreaState area, Owners.Owner owner, List<PageState> pages) {}

  private static final Comparator<OwnedArea> BY_REGION =
      Comparator.<OwnedArea>comparingInt(owned -> owned.owner().number())
          .thenComparingLong(owned -> owned.area().startAddress());

  private final List<String> regions;
  private final Map<Long, Integer> folios = new HashMap<>();

  private SnapshotMaker(List<String> regions) {
    this.regions = regions;
  }

  static Snapshot of(MachineState state, List<String> regions, SortedMap<String, Long> counters) {
    SnapshotMaker maker = new SnapshotMaker(regions);
    SortedMap<String, ProcessView> views = new TreeMap<>();
    state.processes().forEach((name, process) -> views.put(name, maker.view(process)));
    return new Snapshot(views, counters);
  }

  private ProcessView view(ProcessState process) {
    List<AreaView> areas = new ArrayList<>();
    List<PageView> pages = new ArrayList<>();
    for (OwnedArea owned : ownedAreas(process)) {
      areas.add(view(owned.area(), owned.owner()));
      for (PageState page : owned.pages()) {
        pages.add(view(page, owned.owner()));
      }
    }
    return new ProcessView(areas, pages);
  }

  private List<OwnedArea> ownedAreas(ProcessState process) {
    Owners owners = new Owners(regions, process);
    List<OwnedArea> all = new ArrayList<>();
    int next = 0;
    for (AreaState area : process.areas()) {
      int first = next;
      while (next < process.pages().size()
          && process.pages().get(next).address() < area.endAddress()) {
        next++;
      }
      List<PageState> pages = process.pages().subList(first, next);
      owners.of(area).ifPresent(owner -> all.add(new OwnedArea(area, owner, pages)));
    }
    all.sort(BY_REGION);
    return all;
  }

  private static AreaView view(AreaState area, Owners.Owner owner) {
    return new AreaView(
        owner.region(),
        area.startAddress() - owner.start(),
        area.endAddress() - owner.start(),
        area.permissions(),
        area.smaps(),
        area.flags());
  }

  private PageView view(PageState page, Owners.Owner owner) {
    int folio = page.present() ? folioNumber(page.headPfn()) : Snapshot.NO_FOLIO;
    return new PageView(
        owner.region(),
        (page.address() - owner.start()) / Contents.PAGE_SIZE,
        page.present(),
        page.swapped(),
        page.exclusive(),
        page.guard(),
        page.file(),
        page.mapCount(),
        folio,
        (int) (page.pfn() - page.headPfn()),
        page.order(),
        page.pmd(),
        (page.frameFlags() & KernelPages.ZERO_PAGE) != 0,
        (page.frameFlags() & KernelPages.KSM) != 0,
        page.value(),
        page.frameFlags());
  }

  private int folioNumber(long headPfn) {
    Integer known = folios.putIfAbsent(headPfn, folios.size());
    return known == null ? folios.size() - 1 : known;
  }
}
