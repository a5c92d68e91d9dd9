package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SmapsTextTest {
  private static final String AREA =
      """
      100000000000-100000800000 rw-p 00000000 00:00 0\s
      Size:               8192 kB
      Rss:                  12 kB
      THPeligible:           1
      VmFlags: rd wr mr mw me ac hg\s
      """;

  private static final String HEAP =
      """
      0f0000000000-0f0000021000 r--s 00002000 fe:01 1234                       [heap]
      Size:                132 kB
      Some_New_Field_With_A_Long_Name:    3 kB
      VmFlags:\s
      """;

  private static List<LiveArea> parse(String text) {
    return SmapsText.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void readsAreasWithEveryField() {
    List<LiveArea> areas = parse(AREA + HEAP);
    assertEquals(2, areas.size());
    LiveArea first = areas.getFirst();
    assertEquals(0x100000000000L, first.startAddress());
    assertEquals(0x100000800000L, first.endAddress());
    assertEquals("rw-p", first.permissions());
    assertEquals("", first.name());
    assertEquals(List.of("Size", "Rss", "THPeligible"), List.copyOf(first.fields().keySet()));
    assertEquals(8192L << 10, first.field("Size"));
    assertEquals(1, first.field("THPeligible"));
    assertEquals(List.of("rd", "wr", "mr", "mw", "me", "ac", "hg"), first.flags());
    LiveArea heap = areas.getLast();
    assertEquals("[heap]", heap.name());
    assertEquals("r--s", heap.permissions());
    assertEquals(3 << 10, heap.field("Some_New_Field_With_A_Long_Name"));
    assertEquals(List.of(), heap.flags());
    assertEquals(0, heap.field("Rss"));
  }

  @Test
  void namesMayHaveSpaces() {
    String text = "1000-2000 r--p 00000000 fe:00 17    /tmp/a file (deleted)\nSize:  4 kB\n";
    assertEquals("/tmp/a file (deleted)", parse(text).getFirst().name());
  }

  @Test
  void nothingIsNoArea() {
    assertEquals(List.of(), parse(""));
  }

  @Test
  void brokenTextIsRefused() {
    for (int length = 1; length < AREA.length(); length++) {
      String cut = AREA.substring(0, length);
      if (!cut.endsWith("\n")) {
        String message = assertThrows(LinuxException.class, () -> parse(cut)).getMessage();
        assertTrue(message.startsWith("smaps is not as we know it"), message);
      }
    }
    assertThrows(LinuxException.class, () -> parse("Size:   4 kB\n"));
  }
}
