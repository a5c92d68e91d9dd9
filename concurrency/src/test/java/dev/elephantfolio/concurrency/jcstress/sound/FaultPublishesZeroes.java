package dev.elephantfolio.concurrency.jcstress.sound;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * Two threads touch a page for the first time, one to write and one to read: the reader sees zero
 * or what was written, never what the frame held before.
 */
@JCStressTest
@Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "read first")
@Outcome(id = "7", expect = Expect.ACCEPTABLE, desc = "written first")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "somebody else's data")
@State
public class FaultPublishesZeroes {
  private static final long BASE = 0x1000_0000_0000L;
  private static final int PAGES = 1 << 15;
  private static final long GARBAGE = 0xDEADL;
  private static final Process PROCESS = process();
  private static final AtomicInteger NEXT = new AtomicInteger();

  private final long address = BASE + (NEXT.getAndIncrement() & (PAGES - 1)) * 4096L;

  private static Process process() {
    Machine machine =
        Machine.builder()
            .memoryBytes(512L << 20)
            .set("transparent_hugepage/enabled", "never")
            .build();
    Process process = machine.spawn("tested");
    int flags = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;
    long _ = process.mmap(BASE, PAGES * 4096L, Prot.READ | Prot.WRITE, flags);
    return process;
  }

  @Actor
  public void write() {
    PROCESS.write(address, 7);
  }

  @Actor
  public void read(J_Result result) {
    result.r1 = PROCESS.read(address);
  }

  /** The frame goes back full of garbage. */
  @Arbiter
  public void drop() {
    PROCESS.write(address, GARBAGE);
    PROCESS.madvise(address, 4096, Madvise.DONTNEED);
  }
}
