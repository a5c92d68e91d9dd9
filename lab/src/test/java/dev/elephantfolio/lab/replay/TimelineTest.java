package dev.elephantfolio.lab.replay;

import static dev.elephantfolio.lab.replay.Story.HUGE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TimelineTest {
  private static final long PLACE = 0x7f00_0000_0000L;

  @TempDir private Path directory;

  @Test
  void tellsOfEveryProcessEachTenthOfASecond() throws IOException {
    Path recording =
        Story.of(directory)
            .mmap(PLACE, HUGE)
            .after(50)
            .write(PLACE)
            .after(100)
            .fork(2)
            .after(150)
            .process(2)
            .exit()
            .after(50)
            .process(1)
            .exit()
            .end();
    StringWriter csv = new StringWriter();
    Story.replay(recording, Map.of("transparent_hugepage/enabled", "always"), new Timeline(csv));
    assertEquals(
        """
        seconds,pid,rssBytes,anonymousBytes,anonHugePagesBytes
        0.100,1,2097152,2097152,2097152
        0.200,1,2097152,2097152,2097152
        0.200,2,2097152,2097152,2097152
        0.300,1,2097152,2097152,2097152
        0.300,2,2097152,2097152,2097152
        """,
        csv.toString());
  }
}
