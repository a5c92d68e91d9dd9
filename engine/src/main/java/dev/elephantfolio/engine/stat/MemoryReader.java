package dev.elephantfolio.engine.stat;

import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.thp.Purpose;
import dev.elephantfolio.engine.thp.ThpOrders;
import java.util.ArrayList;
import java.util.List;

/** The views of a process's memory that procfs gives. Any thread may read. */
public final class MemoryReader {
  private final MemMap memMap;
  private final MapCounts mapCounts;
  private final ThpOrders thpOrders;
  private final Pagemap pagemap;

  public MemoryReader(MemMap memMap, MapCounts mapCounts, ThpOrders thpOrders) {
    this.memMap = memMap;
    this.mapCounts = mapCounts;
    this.thpOrders = thpOrders;
    this.pagemap = new Pagemap(memMap, mapCounts);
  }

  /** All areas summed: smaps_rollup. */
  public Smaps rollup(AddressSpace mm) {
    return new SmapsWalk(memMap, mapCounts).addAll(mm).sum();
  }

  /** Area by area: smaps. */
  public List<VmaSmaps> smaps(AddressSpace mm) {
    List<VmaSmaps> areas = new ArrayList<>();
    mm.mmapReadLock();
    try {
      for (Vma vma = mm.vmas().find(0); vma != null; vma = mm.vmas().next(vma)) {
        areas.add(area(mm, vma));
      }
    } finally {
      mm.mmapReadUnlock();
    }
    return areas;
  }

  private VmaSmaps area(AddressSpace mm, Vma vma) {
    return new VmaSmaps(
        vma.start(),
        vma.end(),
        permissions(vma),
        vma.file() == null ? 0 : vma.pageOffset() << 12,
        nameOf(mm, vma),
        new SmapsWalk(memMap, mapCounts).add(vma).sum(),
        thpOrders.allowable(vma, vma.flags(), Purpose.SMAPS) != 0,
        List.of(VmFlags.letters(vma.flags()).strip().split(" ")));
  }

  private static String permissions(Vma vma) {
    return (vma.has(VmFlags.READ) ? "r" : "-")
        + (vma.has(VmFlags.WRITE) ? "w" : "-")
        + (vma.has(VmFlags.EXEC) ? "x" : "-")
        + (vma.has(VmFlags.MAYSHARE) ? "s" : "p");
  }

  private static String nameOf(AddressSpace mm, Vma vma) {
    MappedFile file = vma.file();
    if (file != null) {
      return file.name();
    }
    if (vma.start() < mm.brk() && vma.end() > mm.layout().startBrk()) {
      return "[heap]";
    }
    if (vma.has(VmFlags.GROWSDOWN) && vma.contains(mm.layout().startStack() - 1)) {
      return "[stack]";
    }
    String given = vma.name();
    return given == null ? "" : "[anon:" + given + "]";
  }

  /** One page. */
  public PagemapEntry pagemap(AddressSpace mm, long address) {
    return pagemap.entry(mm, address);
  }
}
