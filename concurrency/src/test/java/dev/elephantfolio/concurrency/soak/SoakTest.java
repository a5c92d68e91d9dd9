package dev.elephantfolio.concurrency.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.LockOrder;
import dev.elephantfolio.engine.sync.Mutation;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A minute of the soak; {@code -Defolio.soakSeconds=N} says how long, {@code -Defolio.seed=N} what
 * the threads choose.
 */
class SoakTest {
  private static final Duration DURATION =
      Duration.ofSeconds(Long.getLong("efolio.soakSeconds", 60));
  private static final Duration BROKEN_DURATION = Duration.ofMinutes(2);

  private static long seed() {
    return Long.getLong("efolio.seed", System.nanoTime() & 0xFFFF_FFFFL);
  }

  @Test
  void whatWasWrittenIsFoundAndEveryInvariantHolds() throws InterruptedException {
    assertTrue(LockOrder.CHECKED, "tests run with -Defolio.lockOrder=true");
    new Soak(new SoakOptions(DURATION, seed(), Set.of()), System.out).run();
  }

  /** Without looking for pins at fork, a device goes on writing to what the process lost. */
  @Test
  void aForkThatForgetsPinsIsNoticed() {
    SoakOptions options =
        new SoakOptions(BROKEN_DURATION, seed(), Set.of(Mutation.NO_EXCLUSIVE_CHECK_AT_FORK));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SoakFailure failure =
        assertThrows(
            SoakFailure.class,
            () -> new Soak(options, new PrintStream(out, true, StandardCharsets.UTF_8)).run());
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains("seed " + options.seed()), message);
    String told = out.toString(StandardCharsets.UTF_8);
    System.out.print(told);
    assertTrue(told.contains("soak: failed while the threads did this:"), told);
    assertEquals(message.contains(", page "), told.contains("had done last with page "), told);
  }

  @Test
  void optionsAreReadAndBadOnesNamed() {
    SoakOptions options = SoakOptions.parse(new String[] {"--minutes", "3", "--seed", "5"});
    assertEquals(new SoakOptions(Duration.ofMinutes(3), 5, Set.of()), options);
    assertEquals(Duration.ofMinutes(10), SoakOptions.parse(new String[0]).duration());
    assertEquals(
        Duration.ofSeconds(7), SoakOptions.parse(new String[] {"--seconds", "7"}).duration());
    assertBad("unknown option --speed", "--speed", "1");
    assertBad("unknown option --speed", "--speed");
    assertBad("unknown option 5", "5");
    assertBad("--seed needs a number", "--seed");
    assertBad("--seconds needs a number, not x", "--seconds", "x");
    assertBad("--seed needs a number, not --minutes", "--seed", "--minutes", "1");
    assertBad("--minutes must be 1 to 525600", "--minutes", "0");
    assertBad("--minutes must be 1 to 525600", "--minutes", "9223372036854775807");
    assertBad("--seconds must be 1 to 31536000", "--seconds", "-1");
  }

  private static void assertBad(String message, String... args) {
    IllegalArgumentException bad =
        assertThrows(IllegalArgumentException.class, () -> SoakOptions.parse(args));
    assertEquals(message, bad.getMessage());
  }
}
