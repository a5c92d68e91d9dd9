package dev.elephantfolio.trace.perf;

/** What the remarks say that perf prints with {@code --header}. */
final class PerfHeader {
  private String kernelRelease = "";
  private int cpuCount;

  /** Takes in one remark, with its leading #. */
  void remark(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      return;
    }
    String value = text.substring(colon + 1).strip();
    switch (text.substring(1, colon).strip()) {
      case "os release" -> kernelRelease = value;
      case "nrcpus online" -> cpuCount = number(value);
      default -> {}
    }
  }

  private static int number(String text) {
    return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
  }

  /** Empty if not told. */
  String kernelRelease() {
    return kernelRelease;
  }

  /** 0 if not told. */
  int cpuCount() {
    return cpuCount;
  }
}
