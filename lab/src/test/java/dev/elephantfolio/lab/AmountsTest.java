package dev.elephantfolio.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class AmountsTest {
  @Test
  void bytes() {
    assertEquals("0", Amounts.bytes(0));
    assertEquals("12 B", Amounts.bytes(12));
    assertEquals("956 KiB", Amounts.bytes(956 << 10));
    assertEquals("2.0 MiB", Amounts.bytes(2 << 20));
    assertEquals("170.3 MiB", Amounts.bytes(178_520_064));
    assertEquals("-1.5 GiB", Amounts.bytes(-(3L << 29)));
    assertEquals("4096.0 TiB", Amounts.bytes(1L << 52));
  }

  @Test
  void countsSharesAndTimes() {
    assertEquals("1,234,567", Amounts.count(1_234_567));
    assertEquals("10%", Amounts.percent(0.1));
    assertEquals("88.8%", Amounts.percent(0.888));
    assertEquals("4.50 s", Amounts.seconds(4_503_408_956L));
  }
}
