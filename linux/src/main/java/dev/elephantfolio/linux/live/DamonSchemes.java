package dev.elephantfolio.linux.live;

import dev.elephantfolio.linux.LinuxException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Schemes by which DAMON does something to the memory of the whole machine, round after round.
 *
 * @param sysfs where sysfs is mounted
 */
record DamonSchemes(Path sysfs) {
  private static final List<String> MODULES = List.of("damon_reclaim", "damon_lru_sort");

  /** Rounds are 5 s apart where nobody has said otherwise, and a little more in truth. */
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  private static final Duration GLANCE = Duration.ofMillis(20);

  /** A round is over when nothing was done for so long. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  static DamonSchemes live() {
    return new DamonSchemes(Path.of("/sys"));
  }

  /** Whether any is at work, as far as can be seen. */
  boolean areOn() {
    return anyThreadIsOn() || MODULES.stream().anyMatch(this::moduleIsOn);
  }

  private boolean anyThreadIsOn() {
    Path threads = sysfs.resolve("kernel/mm/damon/admin/kdamonds");
    try (DirectoryStream<Path> all = Files.newDirectoryStream(threads, Files::isDirectory)) {
      for (Path thread : all) {
        if (says(thread.resolve("state"), "on")) {
          return true;
        }
      }
      return false;
    } catch (IOException absent) {
      return false;
    }
  }

  private boolean moduleIsOn(String module) {
    return says(sysfs.resolve("module/" + module + "/parameters/enabled"), "Y");
  }

  private static boolean says(Path file, String value) {
    try {
      return Files.readString(file).strip().equals(value);
    } catch (IOException absent) {
      return false;
    }
  }

  /**
   * Waits for the end of a round.
   *
   * @param applied to how many regions schemes have done something so far
   */
  static void awaitRound(LongSupplier applied) {
    long begun = System.nanoTime();
    long before = applied.getAsLong();
    long last = before;
    long lastChange = begun;
    while (System.nanoTime() - begun < PATIENCE.toNanos()) {
      sleep();
      long now = applied.getAsLong();
      if (now != last) {
        last = now;
        lastChange = System.nanoTime();
      } else if (now != before && System.nanoTime() - lastChange > PAUSE.toNanos()) {
        return;
      }
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(GLANCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LinuxException("interrupted while waiting for a calm moment", e);
    }
  }
}
