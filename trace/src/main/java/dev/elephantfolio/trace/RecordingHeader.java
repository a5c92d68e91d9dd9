package dev.elephantfolio.trace;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a recording says of itself before its first event.
 *
 * @param formatVersion version of the file format
 * @param pageSizeBytes size of a base page on the recorded machine
 * @param command what was recorded; empty when unknown
 * @param kernelRelease the recorded machine's kernel; empty when unknown
 * @param cpuCount the recorded machine's CPUs; 0 when unknown
 * @param tool what made the recording
 * @param settings anything else, by name, in the order of the names
 */
public record RecordingHeader(
    int formatVersion,
    int pageSizeBytes,
    String command,
    String kernelRelease,
    int cpuCount,
    String tool,
    Map<String, String> settings) {

  /** The version this library writes, and the newest it reads. */
  public static final int CURRENT_VERSION = 1;

  public RecordingHeader {
    settings = Collections.unmodifiableMap(new TreeMap<>(settings));
  }

  /** A header of the current version for a machine with 4 KiB pages. */
  public static RecordingHeader of(
      String command, String kernelRelease, int cpuCount, String tool) {
    return new RecordingHeader(
        CURRENT_VERSION, 4096, command, kernelRelease, cpuCount, tool, Map.of());
  }

  void write(ByteSink sink) {
    sink.varint(pageSizeBytes);
    sink.varint(cpuCount);
    sink.text(command);
    sink.text(kernelRelease);
    sink.text(tool);
    sink.varint(settings.size());
    settings.forEach((key, value) -> {
      sink.text(key);
      sink.text(value);
    });
  }

  static RecordingHeader read(int formatVersion, ByteSource source) {
    int pageSizeBytes = source.smallVarint();
    int cpuCount = source.smallVarint();
    String command = source.text();
    String kernelRelease = source.text();
    String tool = source.text();
    Map<String, String> settings = new TreeMap<>();
    for (int i = source.smallVarint(); i > 0; i--) {
      settings.put(source.text(), source.text());
    }
    return new RecordingHeader(
        formatVersion, pageSizeBytes, command, kernelRelease, cpuCount, tool, settings);
  }
}
