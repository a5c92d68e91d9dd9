package dev.elephantfolio.linux.program;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A C program's source among the resources of a class.
 *
 * @param owner the class beside which the files lie
 * @param name of the program, as it is kept
 * @param files names of the C files and of the headers that they include
 * @param flags for the compiler
 */
public record ProgramSource(Class<?> owner, String name, List<String> files, List<String> flags) {
  public ProgramSource {
    files = List.copyOf(files);
    flags = List.copyOf(flags);
  }

  /** The files by name. */
  Map<String, byte[]> texts() {
    Map<String, byte[]> texts = new LinkedHashMap<>();
    files.forEach(file -> texts.put(file, text(file)));
    return texts;
  }

  private byte[] text(String file) {
    try (InputStream in = owner.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + file + " beside " + owner.getName());
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    }
  }

  /** Another one when a file or a flag is. */
  int checksum() {
    CRC32C sum = new CRC32C();
    texts().values().forEach(sum::update);
    sum.update(String.join(" ", flags).getBytes(StandardCharsets.UTF_8));
    return (int) sum.getValue();
  }
}
