package dev.elephantfolio.engine.thp;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What khugepaged has done so far. Written by khugepaged; read by anyone. */
public final class KhugepagedCounts {
  private final AtomicInteger fullScans = new AtomicInteger();
  private final Map<ScanResult, LongAdder> results = new EnumMap<>(ScanResult.class);

  KhugepagedCounts() {
    for (ScanResult result : ScanResult.values()) {
      results.put(result, new LongAdder());
    }
  }

  /** How often it has come to the end of the list of address spaces. */
  public int fullScans() {
    return fullScans.get();
  }

  /** Huge pages it made. */
  public int pagesCollapsed() {
    return (int) results(ScanResult.SUCCEED);
  }

  /** How many of the 2 MiB places it looked at came out as {@code result}. */
  public long results(ScanResult result) {
    return counter(result).sum();
  }

  void countFullScan() {
    fullScans.incrementAndGet();
  }

  void count(ScanResult result) {
    counter(result).increment();
  }

  private LongAdder counter(ScanResult result) {
    return Objects.requireNonNull(results.get(result));
  }
}
