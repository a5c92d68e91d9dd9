package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The one huge folio of zeroes that read faults map. Made when first wanted, held once by each
 * address space that ever mapped it, freed under memory pressure when none is left.
 *
 * <pre>
 *  users | means
 *  ------+------------------------------------------
 *  0     | not there
 *  1     | there, in nobody's use: may be freed
 *  n + 1 | n address spaces hold it
 * </pre>
 *
 * Both fields are atomic. Whoever brings {@code pfn} from 0 to a frame sets {@code users} next, and
 * whoever brings {@code users} to 0 clears {@code pfn} next; others in between try again.
 */
public final class HugeZeroFolio implements SyncPlace {
  private static final int ORDER = 9;
  private static final int GFP = GfpFlags.DIRECT_RECLAIM | GfpFlags.KSWAPD_RECLAIM;

  /** The parts of this place. */
  private static final long PFN = 0;

  private static final long USERS = 1;

  private final long syncId = SyncPoints.newId();
  private final Folios folios;
  private final Contents contents;
  private final VmEvents events;
  private final AtomicInteger pfn = new AtomicInteger();
  private final AtomicInteger users = new AtomicInteger();

  public HugeZeroFolio(Folios folios, Contents contents, VmEvents events) {
    this.folios = folios;
    this.contents = contents;
    this.events = events;
  }

  /** Holds the folio for {@code mm}, once; 0 when there is no memory for it. */
  public int get(AddressSpace mm) {
    if (mm.hasFlag(MmFlags.HUGE_ZERO_FOLIO)) {
      return pfn();
    }
    int held = hold();
    if (held != 0 && mm.testAndSetFlag(MmFlags.HUGE_ZERO_FOLIO)) {
      release();
    }
    return held;
  }

  /** When {@code mm} ends: it holds the folio no longer. */
  public void put(AddressSpace mm) {
    if (mm.testAndClearFlag(MmFlags.HUGE_ZERO_FOLIO)) {
      release();
    }
  }

  private int hold() {
    while (true) {
      SyncPoints.reach(SyncPoint.LOAD, this, USERS);
      int now = users.get();
      SyncPoints.read(this, USERS, now);
      if (now == 0) {
        int made = make();
        if (made != -1) {
          return made;
        }
      } else if (setUsers(now, now + 1)) {
        return pfn();
      }
    }
  }

  /** A new one, held once; 0 without memory; -1 when another was there first. */
  private int make() {
    int made = folios.allocate(ORDER, GFP);
    if (made == 0) {
      events.count(VmEvent.THP_ZERO_PAGE_ALLOC_FAILED);
      return 0;
    }
    contents.clear(made, 1 << ORDER);
    if (!setPfn(0, made)) {
      folios.put(made);
      return -1;
    }
    boolean _ = setUsers(0, 2);
    events.count(VmEvent.THP_ZERO_PAGE_ALLOC);
    return made;
  }

  private void release() {
    SyncPoints.reach(SyncPoint.PUT, this, USERS);
    int left = users.decrementAndGet();
    SyncPoints.changed(this, USERS, left + 1, left);
  }

  private boolean setUsers(int before, int after) {
    SyncPoints.reach(SyncPoint.STORE, this, USERS);
    boolean set = users.compareAndSet(before, after);
    tell(USERS, set, before, after);
    return set;
  }

  private boolean setPfn(int before, int after) {
    SyncPoints.reach(SyncPoint.STORE, this, PFN);
    boolean set = pfn.compareAndSet(before, after);
    tell(PFN, set, before, after);
    return set;
  }

  private void tell(long part, boolean set, int before, int after) {
    SyncPoints.read(this, part, set ? 1 : 0);
    SyncPoints.changed(this, part, before, set ? after : before);
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return index == PFN ? "the huge zero folio" : "users of the huge zero folio";
  }

  /** Frees the folio if nobody holds it; gives the pages freed. */
  public int shrink() {
    if (!setUsers(1, 0)) {
      return 0;
    }
    int folio = pfn();
    boolean _ = setPfn(folio, 0);
    folios.put(folio);
    return 1 << ORDER;
  }

  /** The folio's first frame, or 0; for checks. */
  public int pfn() {
    SyncPoints.reach(SyncPoint.LOAD, this, PFN);
    int now = pfn.get();
    SyncPoints.read(this, PFN, now);
    return now;
  }
}
