package dev.elephantfolio.concurrency.jcstress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.concurrency.jcstress.broken.FlushWaitsForNobody;
import dev.elephantfolio.concurrency.jcstress.broken.FreezesByLookAndStore;
import dev.elephantfolio.concurrency.jcstress.broken.LooksWithoutVmaLock;
import dev.elephantfolio.concurrency.jcstress.broken.PublishesBeforeContents;
import dev.elephantfolio.concurrency.jcstress.broken.PublishesByPlainStore;
import dev.elephantfolio.concurrency.jcstress.broken.UnfreezesByPlainStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The claims about memory order hold, and the tool would notice if they did not.
 *
 * <p>What only the compiler or the processor reorders, rarely, is looked for in the long run alone.
 */
class JcstressTest {
  private static final String HEAP_MEGABYTES = "512";
  private static final int SOUND_TESTS = 6;

  private static final List<Class<?>> SEEN_SOON =
      List.of(
          PublishesBeforeContents.class,
          FreezesByLookAndStore.class,
          LooksWithoutVmaLock.class,
          FlushWaitsForNobody.class);
  private static final List<Class<?>> SEEN_RARELY =
      List.of(PublishesByPlainStore.class, UnfreezesByPlainStore.class);

  @Test
  void nothingForbiddenIsSeen() throws IOException {
    Jcstress run = Jcstress.run("sound", HEAP_MEGABYTES);
    assertEquals(0, run.exitCode(), run::output);
    assertTrue(run.ranWithoutErrors(), run::output);
    assertTrue(
        run.output().contains("All remaining tests: " + SOUND_TESTS + " matching"), run::output);
  }

  @Test
  void whatIsLeftUnprotectedIsSeen() throws IOException {
    Jcstress run = Jcstress.run("broken", HEAP_MEGABYTES);
    List<Class<?>> expected = new ArrayList<>(SEEN_SOON);
    if (Jcstress.LONG) {
      expected.addAll(SEEN_RARELY);
    }
    for (Class<?> test : expected) {
      assertTrue(run.caught(test), () -> test.getSimpleName() + " was not caught\n" + run.output());
    }
  }
}
