package dev.elephantfolio.concurrency.lockorder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.sync.LockOrder;
import dev.elephantfolio.engine.sync.LockOrderError;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A program that deadlocks hangs without the check of lock ranks and is stopped with it. */
class DeadlockTest {
  private static final long ADDRESS = 0x1000_0000_0000L;
  private static final int HANG_SECONDS = 5;
  private static final int PATIENCE_SECONDS = 120;

  @AfterEach
  void nothingIsLeftHeld() {
    LockOrder.assertNoneHeld();
  }

  private static java.lang.Process run(boolean checked) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Defolio.lockOrder=" + checked,
            "-cp",
            System.getProperty("java.class.path"),
            Deadlock.class.getName())
        .redirectErrorStream(true)
        .start();
  }

  @Test
  void withTheCheckTheMistakeIsNamed() throws Exception {
    java.lang.Process process = run(true);
    assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(Deadlock.NOTICED, process.exitValue(), output);
    assertTrue(output.contains("takes MMAP_LOCK"), output);
    assertTrue(output.contains("after PTE"), output);
  }

  @Test
  void withoutTheCheckItHangs() throws Exception {
    java.lang.Process process = run(false);
    try (BufferedReader output = process.inputReader()) {
      assertEquals(Deadlock.BOTH_HOLD_ONE, output.readLine());
      assertFalse(process.waitFor(HANG_SECONDS, TimeUnit.SECONDS), "it was to hang");
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /** One thread is enough for the check: nobody needs to hold the other lock. */
  @Test
  void aFaultUnderAPageTableLockIsRefused() {
    Process process = Machine.builder().memoryBytes(64L << 20).build().spawn("tested");
    int flags = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;
    long _ = process.mmap(ADDRESS, 2 * 4096, Prot.READ | Prot.WRITE, flags);
    process.write(ADDRESS, 1);
    PageTableCursor cursor = new PageTableCursor(process.memory().tables());
    assertTrue(cursor.lockPte(ADDRESS));
    long pageNotThere = ADDRESS + 4096;
    LockOrderError error = assertThrows(LockOrderError.class, () -> process.write(pageNotThere, 1));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.contains("PTE"), message);
    cursor.unlock();
  }
}
