package dev.elephantfolio.concurrency.lincheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.frame.MemMap;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Test;

/** References of one folio: get, put, try-get, and the freeze that keeps all others out. */
class RefCountLincheckTest {
  private static final int PFN = 512;

  /**
   * What one thread at a time would see; and the base of what is checked. As in the engine, who
   * freezes knows all references (its own and the one that nobody drops), and touches none until it
   * unfreezes.
   */
  @Param(name = "thread", gen = ThreadIdGen.class)
  public static class Sequential {
    private static final int THREADS = 8;
    private int count = 1;
    private final int[] held = new int[THREADS];
    private final boolean[] frozen = new boolean[THREADS];

    /** A reference for one who has none. */
    @Operation
    public boolean tryGet(@Param(name = "thread") int thread) {
      boolean got = !frozen[thread] && takeReference();
      held[thread] += got ? 1 : 0;
      return got;
    }

    /** A further reference for one who has one. */
    @Operation
    public boolean get(@Param(name = "thread") int thread) {
      if (held[thread] == 0 || frozen[thread]) {
        return false;
      }
      addReference();
      held[thread]++;
      return true;
    }

    @Operation
    public int put(@Param(name = "thread") int thread) {
      if (held[thread] == 0 || frozen[thread]) {
        return -1;
      }
      held[thread]--;
      return dropReference();
    }

    @Operation
    public boolean freeze(@Param(name = "thread") int thread) {
      if (frozen[thread] || !freezeAt(held[thread] + 1)) {
        return false;
      }
      frozen[thread] = true;
      return true;
    }

    @Operation
    public boolean unfreeze(@Param(name = "thread") int thread) {
      if (!frozen[thread]) {
        return false;
      }
      frozen[thread] = false;
      unfreezeTo(held[thread] + 1);
      return true;
    }

    @Operation
    public int references() {
      return count;
    }

    boolean takeReference() {
      count += count > 0 ? 1 : 0;
      return count > 0;
    }

    void addReference() {
      count++;
    }

    int dropReference() {
      return --count;
    }

    boolean freezeAt(int expected) {
      boolean frozenNow = count == expected;
      count = frozenNow ? 0 : count;
      return frozenNow;
    }

    void unfreezeTo(int references) {
      count = references;
    }
  }

  /** The engine's. */
  public static class Engine extends Sequential {
    final MemMap memMap = new MemMap(1024);

    public Engine() {
      memMap.unfreezeRef(PFN, 1);
    }

    @Override
    @Operation
    public int references() {
      return memMap.refCount(PFN);
    }

    @Override
    boolean takeReference() {
      return memMap.tryGet(PFN);
    }

    @Override
    void addReference() {
      memMap.get(PFN, 1);
    }

    @Override
    int dropReference() {
      return memMap.put(PFN, 1);
    }

    @Override
    boolean freezeAt(int expected) {
      return memMap.freezeRef(PFN, expected);
    }

    @Override
    void unfreezeTo(int references) {
      memMap.unfreezeRef(PFN, references);
    }
  }

  /** Looks first and takes then: one may come between. */
  public static class LooksBeforeItTakes extends Engine {
    @Override
    boolean takeReference() {
      if (memMap.refCount(PFN) == 0) {
        return false;
      }
      memMap.get(PFN, 1);
      return true;
    }
  }

  /** Freezes by a store after a look. */
  public static class FreezesByAStore extends Engine {
    @Override
    boolean freezeAt(int expected) {
      if (memMap.refCount(PFN) != expected) {
        return false;
      }
      memMap.unfreezeRef(PFN, 0);
      return true;
    }
  }

  @Test
  void isAtomicInEveryInterleavingTried() {
    Lincheck.modelCheck(Engine.class, Sequential.class);
  }

  @Test
  void isAtomicOnRealThreads() {
    Lincheck.stress(Engine.class, Sequential.class);
  }

  @Test
  void aTryGetThatLooksBeforeItTakesIsFound() {
    assertFoundWith(LooksBeforeItTakes.class);
  }

  @Test
  void aFreezeThatIsAStoreIsFound() {
    assertFoundWith(FreezesByAStore.class);
  }

  private static void assertFoundWith(Class<?> broken) {
    Scenario scenario = new Scenario(broken).thread("tryGet", 1).thread("freeze", 2);
    String story = Lincheck.findInBroken(scenario, Sequential.class);
    assertTrue(story.contains("freeze(2): true"), story);
  }
}
