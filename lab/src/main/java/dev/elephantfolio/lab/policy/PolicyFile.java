package dev.elephantfolio.lab.policy;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.SettingException;
import dev.elephantfolio.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A user's file of policies, in YAML: under each policy's name its settings by the kernel's names.
 *
 * <pre>
 * never:
 *   transparent_hugepage/enabled: never
 * thrifty:
 *   transparent_hugepage/enabled: always
 *   transparent_hugepage/khugepaged/max_ptes_none: 64
 * </pre>
 */
public final class PolicyFile {
  private static final long SMALL_MACHINE_BYTES = 64L << 20;

  private final Path file;
  private final JsonParser yaml;
  private final Map<String, Policy> policies = new LinkedHashMap<>();

  private PolicyFile(Path file, JsonParser yaml) {
    this.file = file;
    this.yaml = yaml;
  }

  /**
   * Reads the policies, in the file's order; there is at least one.
   *
   * @throws LabException when the file cannot be read or means nothing, with file and line
   */
  public static List<Policy> read(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException _) {
      throw new LabException(file + ": no such file");
    } catch (IOException e) {
      String why = Files.isDirectory(file) ? "it is a directory" : "it is no text";
      throw new LabException(file + ": cannot be read: " + why);
    }
    try (JsonParser yaml = new YAMLFactory().createParser(text)) {
      return new PolicyFile(file, yaml).policies();
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String line = at == null ? "" : ":" + at.getLineNr();
      throw new LabException(file + line + ": not YAML: " + firstLine(e.getOriginalMessage()));
    } catch (IOException e) {
      throw new LabException(file + ": cannot be read: " + e.getMessage());
    }
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("");
  }

  private List<Policy> policies() throws IOException {
    if (yaml.nextToken() == null) {
      throw new LabException(file + ": holds no policy");
    }
    require(JsonToken.START_OBJECT, "a policy's name and a colon");
    while (yaml.nextToken() != JsonToken.END_OBJECT) {
      policy();
    }
    if (policies.isEmpty()) {
      throw new LabException(file + ": holds no policy");
    }
    return new ArrayList<>(policies.values());
  }

  private void policy() throws IOException {
    require(JsonToken.FIELD_NAME, "a policy's name and a colon");
    String name = yaml.currentName();
    if (policies.containsKey(name)) {
      throw wrong("there is a policy '" + name + "' already");
    }
    yaml.nextToken();
    Map<String, String> settings = new LinkedHashMap<>();
    // A policy without settings is a policy, too: everything as Linux has it.
    if (yaml.currentToken() != JsonToken.VALUE_NULL) {
      settings(name, settings);
    }
    policies.put(name, new Policy(name, settings));
  }

  private void settings(String policy, Map<String, String> settings) throws IOException {
    require(JsonToken.START_OBJECT, "the settings of '" + policy + "', as KEY: VALUE");
    Machine machine = Machine.builder().memoryBytes(SMALL_MACHINE_BYTES).build();
    while (yaml.nextToken() != JsonToken.END_OBJECT) {
      String key = yaml.currentName();
      if (settings.containsKey(key)) {
        throw wrong("'" + policy + "' has " + key + " already");
      }
      JsonToken value = yaml.nextToken();
      if (!value.isScalarValue() || value == JsonToken.VALUE_NULL) {
        throw wrong("expected a value for " + key);
      }
      settings.put(key, yaml.getText());
      try {
        machine.set(key, yaml.getText());
      } catch (SettingException e) {
        throw wrong(String.valueOf(e.getMessage()));
      }
    }
  }

  private void require(JsonToken token, String what) {
    if (yaml.currentToken() != token) {
      throw wrong("expected " + what);
    }
  }

  private LabException wrong(String what) {
    return new LabException(file + ":" + yaml.currentTokenLocation().getLineNr() + ": " + what);
  }
}
