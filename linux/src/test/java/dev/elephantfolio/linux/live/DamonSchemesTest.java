package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether DAMON is at work, and the wait for the end of its round. */
class DamonSchemesTest {
  @TempDir Path sysfs;

  @Test
  void aThreadThatIsOnIsSeen() throws IOException {
    assertFalse(new DamonSchemes(sysfs).areOn());
    write("kernel/mm/damon/admin/kdamonds/nr_kdamonds", "2");
    write("kernel/mm/damon/admin/kdamonds/0/state", "off");
    assertFalse(new DamonSchemes(sysfs).areOn());
    write("kernel/mm/damon/admin/kdamonds/1/state", "on");
    assertTrue(new DamonSchemes(sysfs).areOn());
  }

  @Test
  void aModuleThatIsOnIsSeen() throws IOException {
    write("module/damon_reclaim/parameters/enabled", "N");
    assertFalse(new DamonSchemes(sysfs).areOn());
    write("module/damon_lru_sort/parameters/enabled", "Y");
    assertTrue(new DamonSchemes(sysfs).areOn());
  }

  private void write(String file, String text) throws IOException {
    Path path = sysfs.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text + "\n");
  }

  /** Three steps of a round, seen from the third glance on. */
  @Test
  void theEndOfARoundIsWaitedFor() {
    AtomicInteger glances = new AtomicInteger();
    DamonSchemes.awaitRound(() -> Math.clamp(glances.incrementAndGet() - 3, 0, 3));
    assertTrue(glances.get() > 6, glances + " glances");
  }
}
