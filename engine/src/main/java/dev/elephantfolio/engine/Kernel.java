package dev.elephantfolio.engine;

import dev.elephantfolio.engine.folio.DeferredSplitQueue;
import dev.elephantfolio.engine.folio.FolioPins;
import dev.elephantfolio.engine.folio.FolioSplit;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.gup.Pins;
import dev.elephantfolio.engine.migrate.MigrationEntries;
import dev.elephantfolio.engine.mm.Committed;
import dev.elephantfolio.engine.mm.VmSettings;
import dev.elephantfolio.engine.notifier.NotifierRegistration;
import dev.elephantfolio.engine.rmap.AnonVmas;
import dev.elephantfolio.engine.rmap.ReverseMap;
import dev.elephantfolio.engine.stat.NodeStats;
import dev.elephantfolio.engine.stat.ThpStats;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.Mutations;
import dev.elephantfolio.engine.thp.HugeZeroFolio;
import dev.elephantfolio.engine.thp.PmdSplit;
import dev.elephantfolio.engine.thp.ThpOrders;
import dev.elephantfolio.engine.thp.ThpSettings;
import dev.elephantfolio.engine.tlb.TranslationGate;
import java.util.concurrent.atomic.LongAdder;

/**
 * The parts of one machine's memory management, put together once by {@link Machine} and handed to
 * whoever needs several of them. Holds nothing but references; each part says itself which of its
 * operations are safe from which thread.
 *
 * @param zeroPfn the frame of zeroes that small read faults map; never freed
 * @param pageTableFrames frames that hold page tables (NR_PAGETABLE)
 * @param pins what is held by get_user_pages
 * @param secondaryTableFrames frames that hold tables of secondary MMUs (NR_SECONDARY_PAGETABLE)
 * @param mutations the protections it is without: none, but in a proof of a proof
 */
public record Kernel(
    Cpus cpus,
    MemMap memMap,
    Contents contents,
    PageAllocator pages,
    int zeroPfn,
    LongAdder pageTableFrames,
    LongAdder secondaryTableFrames,
    VmEvents events,
    NodeStats nodeStats,
    ThpStats thpStats,
    Folios folios,
    FolioPins folioPins,
    MapCounts mapCounts,
    DeferredSplitQueue deferred,
    AnonVmas anonVmas,
    ReverseMap reverseMap,
    TranslationGate translations,
    VmSettings vm,
    Committed committed,
    ThpSettings thp,
    ThpOrders thpOrders,
    HugeZeroFolio hugeZero,
    PmdSplit pmdSplit,
    MigrationEntries migration,
    FolioSplit folioSplit,
    Pins pins,
    NotifierRegistration notifierRegistration,
    Mutations mutations) {}
