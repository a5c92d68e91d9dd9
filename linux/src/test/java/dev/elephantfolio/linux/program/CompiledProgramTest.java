package dev.elephantfolio.linux.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.Need;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompiledProgramTest {
  @TempDir Path directory;

  private static ProgramSource source(String... flags) {
    return new ProgramSource(Need.class, "pages", List.of("pages.c"), List.of(flags));
  }

  private CompiledProgram compile(ProgramSource source) {
    return CompiledProgram.in(directory.resolve("cache"), source);
  }

  @Test
  void isCompiledOnce() throws Exception {
    Need.liveMachine();
    Path program = compile(source()).path();
    assertTrue(Files.isExecutable(program));
    FileTime then = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(program, then);
    assertEquals(program, compile(source()).path());
    assertEquals(then, Files.getLastModifiedTime(program));
  }

  @Test
  void isAnotherOneWithOtherFlags() throws Exception {
    Need.liveMachine();
    assertNotEquals(compile(source()).path(), compile(source("-DOTHER")).path());
    try (Stream<Path> left = Files.list(directory.resolve("cache"))) {
      assertEquals(2, left.count(), "nothing but the programs is left");
    }
  }

  @Test
  void whatTheCompilerSaysIsOneLine() throws Exception {
    Need.liveMachine();
    String message =
        assertThrows(LinuxException.class, () -> compile(source("-Dint=nonsense"))).getMessage();
    assertTrue(message.contains("error"), message);
    assertTrue(message.lines().count() == 1, message);
    try (Stream<Path> left = Files.list(directory.resolve("cache"))) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() throws Exception {
    Files.writeString(directory.resolve("cache"), "a file");
    String message = assertThrows(LinuxException.class, () -> compile(source())).getMessage();
    assertTrue(message.contains(directory.resolve("cache").toString()), message);
  }
}
