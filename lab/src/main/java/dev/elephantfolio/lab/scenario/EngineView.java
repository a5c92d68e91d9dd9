package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.PagemapEntry;
import dev.elephantfolio.engine.stat.Smaps;
import dev.elephantfolio.engine.stat.VmaSmaps;
import dev.elephantfolio.lab.scenario.MachineState.AreaState;
import dev.elephantfolio.lab.scenario.MachineState.PageState;
import dev.elephantfolio.lab.scenario.MachineState.ProcessState;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Looks at the engine's processes as procfs shows Linux's. */
final class EngineView {
  private static final long PAGE = Contents.PAGE_SIZE;

  /** smaps counts in KiB and drops the rest. */
  private static final long KIB_MASK = -1024;

  private final Machine machine;
  private final AddressBook book;

  EngineView(Machine machine, AddressBook book) {
    this.machine = machine;
    this.book = book;
  }

  ProcessState of(String name, Process process) {
    List<AreaState> areas = new ArrayList<>();
    List<PageState> pages = new ArrayList<>();
    for (VmaSmaps vma : process.smaps()) {
      areas.add(area(vma));
      addPages(pages, process, vma);
    }
    return new ProcessState(areas, pages, book.bound(name));
  }

  private static AreaState area(VmaSmaps vma) {
    return new AreaState(
        vma.startAddress(), vma.endAddress(), vma.permissions(), fields(vma), vma.flags());
  }

  private static Map<SmapsField, Long> fields(VmaSmaps vma) {
    Smaps memory = vma.memory();
    Map<SmapsField, Long> fields = new EnumMap<>(SmapsField.class);
    fields.put(SmapsField.SIZE, vma.sizeBytes());
    fields.put(SmapsField.KERNEL_PAGE_SIZE, PAGE);
    fields.put(SmapsField.MMU_PAGE_SIZE, PAGE);
    fields.put(SmapsField.RSS, memory.rssBytes());
    fields.put(SmapsField.PSS, memory.pssBytes() & KIB_MASK);
    fields.put(SmapsField.PSS_DIRTY, memory.pssDirtyBytes() & KIB_MASK);
    fields.put(SmapsField.SHARED_CLEAN, memory.sharedCleanBytes());
    fields.put(SmapsField.SHARED_DIRTY, memory.sharedDirtyBytes());
    fields.put(SmapsField.PRIVATE_CLEAN, memory.privateCleanBytes());
    fields.put(SmapsField.PRIVATE_DIRTY, memory.privateDirtyBytes());
    fields.put(SmapsField.REFERENCED, memory.referencedBytes());
    fields.put(SmapsField.ANONYMOUS, memory.anonymousBytes());
    fields.put(SmapsField.KSM, memory.ksmBytes());
    fields.put(SmapsField.LAZY_FREE, memory.lazyFreeBytes());
    fields.put(SmapsField.ANON_HUGE_PAGES, memory.anonHugePagesBytes());
    fields.put(SmapsField.SHMEM_PMD_MAPPED, memory.shmemPmdMappedBytes());
    fields.put(SmapsField.FILE_PMD_MAPPED, memory.filePmdMappedBytes());
    fields.put(SmapsField.SHARED_HUGETLB, 0L);
    fields.put(SmapsField.PRIVATE_HUGETLB, 0L);
    fields.put(SmapsField.SWAP, memory.swapBytes());
    fields.put(SmapsField.SWAP_PSS, memory.swapPssBytes() & KIB_MASK);
    fields.put(SmapsField.LOCKED, memory.lockedBytes() & KIB_MASK);
    fields.put(SmapsField.THP_ELIGIBLE, vma.thpEligible() ? 1L : 0L);
    return fields;
  }

  private void addPages(List<PageState> pages, Process process, VmaSmaps vma) {
    boolean readable = vma.permissions().startsWith("r");
    PageTables tables = process.memory().tables();
    long at = vma.startAddress();
    while (at < vma.endAddress()) {
      if (Pte.isNone(tables.pmdEntry(at))) {
        at = (at & PageTables.PMD_MASK) + PageTables.PMD_SIZE;
      } else {
        PagemapEntry entry = process.pagemap(at);
        if (entry.present() || entry.swapped()) {
          pages.add(page(at, entry, readable));
        }
        at += PAGE;
      }
    }
  }

  private PageState page(long address, PagemapEntry entry, boolean readable) {
    boolean present = entry.present();
    int pfn = entry.pfn();
    return new PageState(
        address,
        present,
        entry.swapped(),
        entry.exclusive(),
        entry.guard(),
        entry.file(),
        entry.pmd(),
        Integer.toUnsignedLong(pfn),
        Integer.toUnsignedLong(entry.folio()),
        entry.order(),
        entry.mapCount(),
        present ? machine.pageFlags(pfn) : 0,
        present && readable ? machine.kernel().contents().readLong(pfn, 0) : null);
  }
}
