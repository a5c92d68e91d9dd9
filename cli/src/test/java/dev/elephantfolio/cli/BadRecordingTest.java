package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Every command that reads a recording refuses what is none, in one line. */
final class BadRecordingTest {
  static final List<List<String>> READERS =
      List.of(
          List.of("trace", "cat"),
          List.of("trace", "info"),
          List.of("replay"),
          List.of("compare"),
          List.of("advise"));

  private static final int TOUCHES = 200_000;

  /** A whole header and the beginning of the first block. */
  private static final int STUMP_BYTES = 80;

  private static final byte[] JPEG = {
    (byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xe0, 0, 0x10, 'J', 'F', 'I', 'F', 0, 1, 1
  };

  @TempDir private Path directory;

  private static Efolio run(List<String> command, Path file, String... options) {
    return Efolio.run(
        Stream.of(command, List.of(file.toString()), List.of(options))
            .flatMap(List::stream)
            .toArray(String[]::new));
  }

  private static void refused(List<String> command, Path file, String why) {
    run(command, file).refused("efolio " + String.join(" ", command) + ": " + file + ": " + why);
  }

  @ParameterizedTest
  @FieldSource("READERS")
  void aMissingFile(List<String> command) {
    refused(command, directory.resolve("missing.eft"), "no such file");
  }

  @ParameterizedTest
  @FieldSource("READERS")
  void aDirectory(List<String> command) {
    refused(command, directory, "not a recording but a directory");
  }

  @ParameterizedTest
  @FieldSource("READERS")
  void anEmptyFile(List<String> command) throws IOException {
    Path file = Files.createFile(directory.resolve("empty.eft"));
    refused(command, file, "the file is empty, so it is no recording");
  }

  @ParameterizedTest
  @FieldSource("READERS")
  void anImage(List<String> command) throws IOException {
    Path file = Files.write(directory.resolve("image.eft"), Arrays.copyOf(JPEG, 4096));
    refused(command, file, "not a recording: it does not begin as an .eft file does");
  }

  private Path truncated() throws IOException {
    Path file = SmallRecording.write(directory.resolve("cut.eft"), TOUCHES);
    byte[] whole = Files.readAllBytes(file);
    return Files.write(file, Arrays.copyOf(whole, whole.length * 3 / 4));
  }

  @ParameterizedTest
  @FieldSource("READERS")
  void aTruncatedOneIsRefusedWithTheOffset(List<String> command) throws IOException {
    Path file = truncated();
    Efolio ran = run(command, file);
    String line = "efolio " + String.join(" ", command) + ": " + file + ": truncated at byte ";
    assertTrue(ran.err().startsWith(line + Files.size(file)), ran.err());
    assertEquals(1, ran.err().lines().count(), ran.err());
    assertEquals("", ran.out());
    assertEquals(2, ran.exitCode());
  }

  @ParameterizedTest
  @FieldSource("READERS")
  void aTruncatedOneCanBeSalvaged(List<String> command) throws IOException {
    Path file = truncated();
    Efolio ran = run(command, file, "--salvage").done();
    assertTrue((ran.out() + ran.err()).contains(file + ": truncated at byte "), ran.err());
    assertTrue(ran.out().lines().count() > 5, ran.out());
  }

  @ParameterizedTest
  @FieldSource("READERS")
  void nothingSalvagedIsNoAnswer(List<String> command) throws IOException {
    Path file = SmallRecording.write(directory.resolve("stump.eft"));
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), STUMP_BYTES));
    Efolio ran = run(command, file, "--salvage");
    boolean shows = command.getFirst().equals("trace");
    assertEquals(shows ? 0 : 2, ran.exitCode(), ran.err());
    assertTrue((ran.out() + ran.err()).contains(file + ": truncated at byte "), ran.err());
  }
}
