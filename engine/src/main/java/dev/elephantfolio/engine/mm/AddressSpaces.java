package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.notifier.NotifierRegistration;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.Mutations;
import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Makes the address spaces of one machine, each with a number of its own. */
public final class AddressSpaces implements SyncPlace {
  private final long syncId = SyncPoints.newId();
  private final PageAllocator pages;
  private final MemMap memMap;
  private final LongAdder pageTableFrames;
  private final Cpus cpus;
  private final VmSettings settings;
  private final NotifierRegistration registration;
  private final Mutations mutations;
  private final AtomicInteger nextId = new AtomicInteger(1);

  public AddressSpaces(
      PageAllocator pages,
      MemMap memMap,
      LongAdder pageTableFrames,
      Cpus cpus,
      VmSettings settings,
      NotifierRegistration registration,
      Mutations mutations) {
    this.pages = pages;
    this.memMap = memMap;
    this.pageTableFrames = pageTableFrames;
    this.cpus = cpus;
    this.settings = settings;
    this.registration = registration;
    this.mutations = mutations;
  }

  /**
   * An address space without areas.
   *
   * @throws MemoryException ENOMEM when there is no frame for its root table
   */
  public AddressSpace create(Limits limits, Capabilities capabilities) {
    PageTables tables = new PageTables(pages, memMap, pageTableFrames, mutations);
    MmuNotifiers notifiers = registration.newAddressSpace();
    return new AddressSpace(takeId(), tables, notifiers, cpus, settings, limits, capabilities);
  }

  private int takeId() {
    SyncPoints.reach(SyncPoint.STORE, this, 0);
    int id = nextId.getAndIncrement();
    SyncPoints.changed(this, 0, id, id + 1);
    SyncPoints.read(this, 0, id);
    return id;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return "the next address space's number";
  }
}
