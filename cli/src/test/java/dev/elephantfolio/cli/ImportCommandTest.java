package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImportCommandTest {
  private static final String TEXT =
      """
              toucher 42/42 [001]  100.000000100: PERF_RECORD_COMM exec: toucher:42/42
              toucher 42/42 [001]  100.000000200: sched:sched_process_exec: filename=./toucher pid=42 old_pid=42
              toucher 42/42 [001]  100.000000300: syscalls:sys_enter_mmap: addr: 0x00000000, len: 0x00002000, prot: 0x00000003, flags: 0x00000022, fd: 0xffffffff, off: 0x00000000
              toucher 42/42 [001]  100.000000400: syscalls:sys_exit_mmap: 0x7ffff7fc0000
              toucher 42/42 [001]  100.000000500: exceptions:page_fault_user: address=0x7ffff7fc0010 ip=0x401000 error_code=0x6
              toucher 42/42 [001]  100.000000600: exceptions:page_fault_user: address=0x7ffff7fc1010 ip=0x401000 error_code=0x6
              toucher 42/42 [001]  100.000000700: sched:sched_process_exit: comm=toucher pid=42 prio=120 group_dead=true
      """;

  @TempDir private Path directory;

  private Efolio importPerf(Path text, Path recording) {
    return Efolio.run("import", "perf", text.toString(), "-o", recording.toString());
  }

  private Path text(String content) throws IOException {
    return Files.writeString(directory.resolve("perf.txt"), content);
  }

  private List<String> filesHere() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void makesARecordingAndSaysWhatOf() throws IOException {
    Path recording = directory.resolve("out.eft");
    Efolio ran = importPerf(text(TEXT), recording).done();
    assertTrue(ran.err().startsWith("efolio import: " + recording + ": "), ran.err());
    assertEquals("", ran.out());
    String events = Efolio.run("trace", "cat", recording.toString()).done().out();
    assertTrue(events.contains(" MMAP addr=0x0 length=8K "), events);
    assertTrue(events.contains(" TOUCH addr=0x7ffff7fc1010 w\n"), events);
    assertEquals(List.of("out.eft", "perf.txt"), filesHere());
  }

  @Test
  void linesThatAreNoneAreShownAndDoNoHarm() throws IOException {
    Path recording = directory.resolve("out.eft");
    Efolio ran = importPerf(text(TEXT + "what is this\n"), recording).done();
    assertTrue(
        ran.err()
            .contains(
                "efolio import: lines that are no perf script text: 1 (line 8: what is this)\n"),
        ran.err());
    assertTrue(Files.exists(recording));
  }

  @Test
  void whatIsNoPerfTextIsRefused() throws IOException {
    Path recording = directory.resolve("out.eft");
    Path text = text("once upon a time\nthere was an elephant\n");
    importPerf(text, recording)
        .refused(
            "efolio import: "
                + text
                + ": not perf script text: 2 of 2 lines are not understood: line 1: once upon a"
                + " time");
    Path image = directory.resolve("a.jpg");
    Files.write(image, new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xe0, 0, 16});
    Efolio ran = importPerf(image, recording);
    assertTrue(
        ran.err().startsWith("efolio import: " + image + ": not perf script text: "), ran.err());
    assertEquals(1, ran.err().lines().count());
    assertEquals(2, ran.exitCode());
    Path missing = directory.resolve("missing.txt");
    importPerf(missing, recording).refused("efolio import: " + missing + ": no such file");
    Path empty = text("");
    importPerf(empty, recording)
        .refused("efolio import: " + empty + ": the file is empty, so it is no perf script text");
    assertEquals(List.of("a.jpg", "perf.txt"), filesHere());
  }

  @Test
  void theOutputIsLookedAtFirst() throws IOException {
    Path text = text(TEXT);
    importPerf(text, text)
        .refused(
            "efolio import: " + text + ": cannot be written: it is the input; name another file");
    importPerf(text, Path.of("/no/such/x.eft"))
        .refused(
            "efolio import: /no/such/x.eft: cannot be written: there is no directory /no/such");
    importPerf(text, directory)
        .refused("efolio import: " + directory + ": cannot be written: it is a directory");
    importPerf(text, Path.of("/dev/null"))
        .refused(
            "efolio import: /dev/null: cannot be written: it is a device or a pipe, not a file");
    assertEquals(TEXT, Files.readString(text));
  }

  @Test
  void otherToolsAreNotReadYet() {
    Efolio.run("import", "strace", "x", "-o", "y.eft")
        .refused("efolio import: strace is not read yet; perf is: efolio import perf ...");
    Efolio.run("import", "lackey", "x", "-o", "y.eft")
        .refused("efolio import: lackey is not read yet; perf is: efolio import perf ...");
    Efolio.run("import", "pref", "x", "-o", "y.eft")
        .refused("efolio import: nothing reads 'pref'; perf is read");
  }
}
