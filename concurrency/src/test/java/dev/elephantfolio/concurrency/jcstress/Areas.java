package dev.elephantfolio.concurrency.jcstress;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.concurrent.atomic.AtomicInteger;

/** Areas of two pages, with a gap between them so that none merges with another. */
public final class Areas {
  private static final long BASE = 0x1000_0000_0000L;
  private static final long PAGE = 4096;
  private static final long STEP = 4 * PAGE;
  private static final int COUNT = 1 << 14;

  private final Process process = Machine.builder().memoryBytes(64L << 20).build().spawn("tested");
  private final AtomicInteger next = new AtomicInteger();

  public AddressSpace mm() {
    return process.memory();
  }

  /** Maps an area; gives its address. */
  public long map() {
    long address = BASE + (next.getAndIncrement() & (COUNT - 1)) * STEP;
    int flags = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;
    return process.mmap(address, 2 * PAGE, Prot.READ | Prot.WRITE, flags);
  }

  /** Unmaps the second page. */
  public void cut(long address) {
    process.munmap(address + PAGE, PAGE);
  }

  /** Makes time for others between two looks. */
  public static void pause() {
    for (int spin = 0; spin < 20; spin++) {
      Thread.onSpinWait();
    }
  }

  public void unmap(long address) {
    process.munmap(address, 2 * PAGE);
  }
}
