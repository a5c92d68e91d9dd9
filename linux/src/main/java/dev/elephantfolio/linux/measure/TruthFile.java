package dev.elephantfolio.linux.measure;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.measure.Truth.Mode;
import dev.elephantfolio.linux.measure.Truth.ProcessSample;
import dev.elephantfolio.linux.measure.Truth.Sample;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * Truths as JSON, plain or compressed by gzip; its form is described in {@code docs/measure.md}.
 * Figures of memory are KiB there, as the kernel prints them, and bytes here.
 */
public final class TruthFile {
  private static final long KIB = 1024;

  private TruthFile() {}

  /** Reads one; whether it is compressed is seen from its first bytes. */
  public static Truth read(Path file) {
    try (InputStream input = open(file)) {
      return truth(new ObjectMapper().readTree(input));
    } catch (NoSuchFileException e) {
      throw new LinuxException(file + ": no such file", e);
    } catch (JsonProcessingException e) {
      throw new LinuxException(file + ": no measurement: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new LinuxException(file + ": cannot be read: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new LinuxException(file + ": no measurement: " + e.getMessage(), e);
    }
  }

  private static InputStream open(Path file) throws IOException {
    BufferedInputStream input = new BufferedInputStream(Files.newInputStream(file));
    try {
      input.mark(2);
      boolean compressed = input.read() == 0x1f && input.read() == 0x8b;
      input.reset();
      return compressed ? new GZIPInputStream(input) : input;
    } catch (IOException e) {
      input.close();
      throw e;
    }
  }

  private static Truth truth(JsonNode json) {
    Map<String, Mode> modes = new LinkedHashMap<>();
    need(json, "modes").properties().forEach(m -> modes.put(m.getKey(), mode(m.getValue())));
    List<String> command = new ArrayList<>();
    need(json, "command").forEach(word -> command.add(word.asText()));
    return new Truth(need(json, "name").asText(), command, need(json, "kernel").asText(), modes);
  }

  private static Mode mode(JsonNode json) {
    Map<String, Long> vmstat = new LinkedHashMap<>();
    need(json, "vmstat").properties().forEach(c -> vmstat.put(c.getKey(), c.getValue().asLong()));
    List<Sample> series = new ArrayList<>();
    need(json, "series").forEach(sample -> series.add(sample(sample)));
    return new Mode(need(json, "rc").asInt(), vmstat, series);
  }

  private static Sample sample(JsonNode json) {
    Map<Integer, ProcessSample> processes = new LinkedHashMap<>();
    need(json, "p")
        .properties()
        .forEach(p -> processes.put(Integer.valueOf(p.getKey()), process(p.getValue())));
    return new Sample(need(json, "t").asDouble(), processes);
  }

  private static ProcessSample process(JsonNode json) {
    return new ProcessSample(
        bytes(json, "Rss"),
        bytes(json, "Pss"),
        bytes(json, "Shared_Dirty"),
        bytes(json, "Private_Dirty"),
        bytes(json, "Anonymous"),
        bytes(json, "AnonHugePages"),
        bytes(json, "ShmemPmdMapped"),
        need(json, "comm").asText(),
        need(json, "minflt").asLong());
  }

  private static long bytes(JsonNode json, String field) {
    return need(json, field).asLong() * KIB;
  }

  private static JsonNode need(JsonNode json, String field) {
    JsonNode node = json.get(field);
    if (node == null) {
      throw new IllegalArgumentException("there is no \"" + field + "\"");
    }
    return node;
  }

  /** Writes one, plain, and leaves the stream open. */
  public static void write(Truth truth, OutputStream output) throws IOException {
    JsonGenerator json = new JsonFactory().createGenerator(new BufferedOutputStream(output));
    json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    try (json) {
      json.writeStartObject();
      json.writeStringField("name", truth.name());
      json.writeArrayFieldStart("command");
      for (String word : truth.command()) {
        json.writeString(word);
      }
      json.writeEndArray();
      json.writeStringField("kernel", truth.kernel());
      json.writeObjectFieldStart("modes");
      for (Map.Entry<String, Mode> mode : truth.modes().entrySet()) {
        json.writeObjectFieldStart(mode.getKey());
        write(mode.getValue(), json);
        json.writeEndObject();
      }
      json.writeEndObject();
      json.writeEndObject();
      json.writeRaw('\n');
    }
  }

  private static void write(Mode mode, JsonGenerator json) throws IOException {
    json.writeNumberField("rc", mode.exitCode());
    json.writeObjectFieldStart("vmstat");
    for (Map.Entry<String, Long> counter : mode.vmstat().entrySet()) {
      json.writeNumberField(counter.getKey(), counter.getValue());
    }
    json.writeEndObject();
    json.writeArrayFieldStart("series");
    for (Sample sample : mode.series()) {
      write(sample, json);
    }
    json.writeEndArray();
  }

  private static void write(Sample sample, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeNumberField("t", sample.seconds());
    json.writeObjectFieldStart("p");
    for (Map.Entry<Integer, ProcessSample> process : sample.processes().entrySet()) {
      json.writeObjectFieldStart(process.getKey().toString());
      write(process.getValue(), json);
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void write(ProcessSample process, JsonGenerator json) throws IOException {
    json.writeNumberField("Rss", process.rssBytes() / KIB);
    json.writeNumberField("Pss", process.pssBytes() / KIB);
    json.writeNumberField("Shared_Dirty", process.sharedDirtyBytes() / KIB);
    json.writeNumberField("Private_Dirty", process.privateDirtyBytes() / KIB);
    json.writeNumberField("Anonymous", process.anonymousBytes() / KIB);
    json.writeNumberField("AnonHugePages", process.anonHugePagesBytes() / KIB);
    json.writeNumberField("ShmemPmdMapped", process.shmemPmdMappedBytes() / KIB);
    json.writeStringField("comm", process.comm());
    json.writeNumberField("minflt", process.minorFaults());
  }
}
