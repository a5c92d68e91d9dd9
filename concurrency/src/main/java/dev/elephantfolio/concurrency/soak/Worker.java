package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** One thread of a process: works in it, forks it, works in the children, ends them. */
final class Worker {
  private static final int CHILDREN_MAX = 2;
  private static final int STEPS_AT_ONCE = 8;
  private static final int LOOKED_AT_AFTER_FORK = 40;

  /** A process that the thread works in. */
  private record Workplace(Space space, PinUse pins, Calls calls) {}

  private final Machine machine;
  private final Device device;
  private final Space[] spacesOfProcess;
  private final SplittableRandom random;
  private final Workplace home;
  private final List<Workplace> children = new ArrayList<>();
  private final Diary diary = new Diary();
  private volatile long steps;
  private volatile long forks;

  /**
   * @param spacesOfProcess what each thread of the process knows of it
   * @param thread which of them this is
   */
  Worker(
      Machine machine,
      Device device,
      Space[] spacesOfProcess,
      int thread,
      SplittableRandom random) {
    this.machine = machine;
    this.device = device;
    this.spacesOfProcess = spacesOfProcess;
    this.random = random;
    this.home = workplace(spacesOfProcess[thread]);
  }

  private Workplace workplace(Space space) {
    PinUse pins = new PinUse(space, device, random, diary);
    return new Workplace(space, pins, new Calls(machine, space, pins, random, diary));
  }

  long steps() {
    return steps;
  }

  long forks() {
    return forks;
  }

  Diary diary() {
    return diary;
  }

  /** A few steps. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // only this thread counts
  void work() {
    for (int step = 0; step < STEPS_AT_ONCE; step++) {
      if (random.nextInt(60) == 0) {
        family();
      } else {
        anyPlace().calls.step();
      }
      steps++;
    }
  }

  private Workplace anyPlace() {
    int place = random.nextInt(2 * (children.size() + 1));
    return place < children.size() ? children.get(place) : home;
  }

  private void family() {
    if (children.size() < CHILDREN_MAX && random.nextInt(3) != 0) {
      fork();
    } else if (!children.isEmpty()) {
      end(random.nextInt(children.size()));
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only this thread counts
  private void fork() {
    Workplace parent = anyPlace();
    long[] before = parent.space.alone ? new long[0] : othersWords();
    Process process;
    try {
      process = parent.space.process.fork("child");
    } catch (MemoryException refused) {
      return;
    }
    forks++;
    diary.add(parent.space.process + " forked " + process + ",", 0, Layout.PAGES);
    Workplace child = workplace(Space.ofChild(parent.space, process));
    children.add(child);
    try {
      checkOthersWords(process, before);
    } catch (MemoryException refused) {
      SoakFailure.unlessRefused(refused);
    }
  }

  private Space other() {
    return spacesOfProcess[1 - home.space.thread];
  }

  /** The other thread's words in pages that nobody destroys. */
  private long[] othersWords() {
    long[] words = new long[Layout.PAGES];
    for (int page = 0; page < words.length; page++) {
      words[page] = Layout.owner(page) == Layout.NOBODY ? other().word(page) : 0;
    }
    return words;
  }

  /** The child of a process has what another thread wrote before the fork, or while it went on. */
  private void checkOthersWords(Process child, long[] before) {
    if (before.length == 0) {
      return;
    }
    for (int i = 0; i < LOOKED_AT_AFTER_FORK; i++) {
      int page = random.nextInt(before.length);
      if (before[page] != 0) {
        long found = child.read(Layout.address(page) + Long.BYTES * other().thread);
        boolean ofThatPage = found >>> 32 == before[page] >>> 32;
        if (!ofThatPage || (int) found - (int) before[page] < 0) {
          throw new SoakFailure(
              page,
              "%s, page %d: inherited %x, but %x was there before the fork"
                  .formatted(child, page, found, before[page]));
        }
      }
    }
  }

  private void end(int index) {
    Workplace child = children.get(index);
    if (child.pins.finishAll()) {
      children.remove(index);
      diary.add(child.space.process + " exit,", 0, Layout.PAGES);
      child.space.process.exit();
    }
  }

  /** Looks at every page of every process of this thread; the others rest. */
  int checkAll() {
    int checked = home.space.checkAll();
    for (Workplace child : children) {
      checked += child.space.checkAll();
    }
    return checked;
  }
}
