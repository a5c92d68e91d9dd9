package dev.elephantfolio.lab;

import java.util.Locale;

/** Numbers as people read them. */
public final class Amounts {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};
  private static final long KIB = 1024;

  private Amounts() {}

  /** Such as {@code 174.3 MiB} or {@code 956 KiB}. */
  public static String bytes(long bytes) {
    if (bytes == 0) {
      return "0";
    }
    if (Math.abs(bytes) < KIB) {
      return bytes + " B";
    }
    double amount = (double) bytes / KIB;
    int unit = 0;
    while (Math.abs(amount) >= KIB && unit < UNITS.length - 1) {
      amount /= KIB;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", amount, UNITS[unit]);
  }

  /** Such as {@code 52,954}. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** Such as {@code 88.8%}, of a share from 0 to 1. */
  public static String percent(double share) {
    double percent = share * 100;
    boolean whole = percent == Math.rint(percent);
    return String.format(Locale.ROOT, whole ? "%.0f%%" : "%.1f%%", percent);
  }

  /** Such as {@code 4.50 s}. */
  public static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
  }
}
