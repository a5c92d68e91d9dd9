package dev.elephantfolio.engine.folio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.sync.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The LRU lists beside lists of the simplest kind: the same folios in the same order. */
class LruListsTest {
  private static final int GFP = GfpFlags.MOVABLE | GfpFlags.DIRECT_RECLAIM;
  private static final int STEPS = 2_000;
  private static final int FOLIOS_MAX = 1_500;

  private final long seed = Seeds.next("keepTheirOrderWhateverComesAndGoesTogether");
  private final Random random = new Random(seed);
  private final Machine machine = Machine.builder().memoryBytes(64L << 20).build();
  private final Kernel kernel = machine.kernel();
  private final LruLists lru = kernel.folios().lru();

  /** By list, the newest last. */
  private final List<List<Integer>> expected = new ArrayList<>();

  LruListsTest() {
    for (LruList _ : LruList.values()) {
      expected.add(new ArrayList<>());
    }
  }

  private List<Integer> expected(LruList list) {
    return expected.get(list.ordinal());
  }

  @Test
  void keepTheirOrderWhateverComesAndGoesTogether() {
    for (int step = 0; step < STEPS; step++) {
      if (random.nextInt(3) > 0 && size() < FOLIOS_MAX) {
        addSome();
      } else {
        freeSome();
      }
      checkOrder();
    }
    expected.forEach(this::free);
    Invariants.check(machine);
  }

  private int size() {
    return expected.stream().mapToInt(List::size).sum();
  }

  /** Mostly of one kind, as a program's pages are; at times everybody's in one batch. */
  private void addSome() {
    LruList list = anyList();
    boolean mixed = random.nextInt(4) == 0;
    int count = 1 + random.nextInt(80);
    for (int i = 0; i < count; i++) {
      list = mixed ? anyList() : list;
      int head = kernel.folios().allocate(0, GFP);
      kernel.memMap().setFlag(head, flagsFor(list));
      kernel.nodeStats().add(NodeStat.NR_MLOCK, list == LruList.UNEVICTABLE ? 1 : 0);
      lru.add(head);
      if (random.nextInt(10) == 0) {
        kernel.folios().put(head);
      } else {
        expected(list).add(head);
      }
    }
    lru.drainLocal();
  }

  private LruList anyList() {
    return LruList.values()[random.nextInt(LruList.values().length)];
  }

  private static int flagsFor(LruList list) {
    return switch (list) {
      case INACTIVE_ANON -> FolioFlags.SWAPBACKED;
      case ACTIVE_ANON -> FolioFlags.SWAPBACKED | FolioFlags.ACTIVE;
      case INACTIVE_FILE -> 0;
      case ACTIVE_FILE -> FolioFlags.ACTIVE;
      case UNEVICTABLE -> FolioFlags.SWAPBACKED | FolioFlags.MLOCKED;
    };
  }

  /** Neighbours from the older to the newer, the other way round, or in no order. */
  private void freeSome() {
    List<Integer> all = new ArrayList<>(expected(anyList()));
    if (all.isEmpty()) {
      return;
    }
    int from = random.nextInt(all.size());
    List<Integer> some = all.subList(from, from + 1 + random.nextInt(all.size() - from));
    switch (random.nextInt(4)) {
      case 0 -> Collections.reverse(some);
      case 1 -> Collections.shuffle(some, random);
      case 2 -> some = everyOther(some);
      default -> {}
    }
    free(some);
    Set<Integer> freed = new HashSet<>(some);
    expected.forEach(list -> list.removeAll(freed));
  }

  private static List<Integer> everyOther(List<Integer> heads) {
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < heads.size(); i += 2) {
      kept.add(heads.get(i));
    }
    return kept;
  }

  private void free(List<Integer> heads) {
    GatheredPuts puts = new GatheredPuts(kernel.folios());
    heads.forEach(head -> puts.add(head, 1));
    puts.put();
  }

  private void checkOrder() {
    for (LruList list : LruList.values()) {
      List<Integer> met = new ArrayList<>();
      lru.forEachListed(list, met::addFirst);
      List<Integer> linked = list == LruList.UNEVICTABLE ? List.of() : expected(list);
      assertEquals(linked, met, () -> "seed " + seed + ": " + list);
      long pages = kernel.nodeStats().get(LruLists.sizeOf(list));
      assertEquals(expected(list).size(), pages, () -> "seed " + seed + ": size of " + list);
    }
  }
}
