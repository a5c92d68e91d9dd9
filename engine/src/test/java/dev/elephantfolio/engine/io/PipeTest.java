package dev.elephantfolio.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Prot;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Pages in a pipe: how many, for how long, and what is read of them. */
final class PipeTest {
  private static final long PAGE = IoFixture.PAGE;

  private final IoFixture f = new IoFixture(ContentsKind.BYTES);
  private final Pipe pipe = new Pipe();

  /** Numbers of a live 6.18: sixteen pages, the first and last of which may be parts. */
  @Test
  void takesSixteenPages() {
    long at = f.mapSmall(40 * PAGE);
    assertEquals(16 * PAGE - 2048, f.process.io().vmsplice(pipe, at + 2048, 32 * PAGE));
    assertEquals(63488, pipe.bytes());
    Optional<Errno> full = Optional.of(Errno.EAGAIN);
    assertEquals(full, f.errno(() -> f.process.io().vmsplice(pipe, at, 8)));
    assertEquals(2048, pipe.read(2048, (_, _) -> {}));
    assertEquals(PAGE, f.process.io().vmsplice(pipe, at, 2 * PAGE));
    assertEquals(0, f.process.io().vmsplice(pipe, at, 0));
    pipe.close();
    assertEquals(0, pipe.bytes());
    f.finish();
  }

  @Test
  void endsAtAHole() {
    long at = f.mapSmall(4 * PAGE);
    f.process.munmap(at + 2 * PAGE, PAGE);
    assertEquals(2 * PAGE, f.process.io().vmsplice(pipe, at, 4 * PAGE));
    Optional<Errno> fault = Optional.of(Errno.EFAULT);
    assertEquals(fault, f.errno(() -> f.process.io().vmsplice(pipe, at + 2 * PAGE, PAGE)));
    pipe.close();
    f.finish();
  }

  @Test
  void showsWhatThePagesContainWhenRead() {
    long at = f.mapSmall(2 * PAGE);
    f.process.io().vmsplice(pipe, at + PAGE - 16, 32);
    f.process.write(at + PAGE, 7);
    f.process.write(at + PAGE - 8, 6);
    long to = f.mapSmall(PAGE);
    assertEquals(32, f.process.io().readPipe(pipe, to + 8, 100 * 8));
    assertEquals(f.filled(to), f.process.read(to));
    assertEquals(0, f.process.read(to + 8));
    assertEquals(6, f.process.read(to + 16));
    assertEquals(7, f.process.read(to + 24));
    assertEquals(0, f.process.io().readPipe(pipe, to, 8));
    f.finish();
  }

  @Test
  void isReadInPieces() {
    long at = f.mapSmall(3 * PAGE);
    f.process.io().vmsplice(pipe, at, 3 * PAGE);
    long to = f.mapSmall(3 * PAGE);
    long done = 0;
    for (long step = 1000; done < 3 * PAGE; done += step) {
      step = Math.min(step, 3 * PAGE - done);
      assertEquals(step, f.process.io().readPipe(pipe, to + done, step));
      f.check();
    }
    for (long page = 0; page < 3 * PAGE; page += PAGE) {
      assertEquals(f.filled(at + page), f.process.read(to + page));
    }
    f.finish();
  }

  @Test
  void aReaderWithoutRoomGetsAPart() {
    long at = f.mapSmall(2 * PAGE);
    f.process.io().vmsplice(pipe, at, 2 * PAGE);
    long to = f.mapSmall(2 * PAGE);
    f.process.mprotect(to + PAGE, PAGE, Prot.READ);
    assertEquals(PAGE, f.process.io().readPipe(pipe, to, 2 * PAGE));
    Optional<Errno> fault = Optional.of(Errno.EFAULT);
    assertEquals(fault, f.errno(() -> f.process.io().readPipe(pipe, to + PAGE, PAGE)));
    assertEquals(PAGE, pipe.bytes());
    f.process.mprotect(to + PAGE, PAGE, Prot.READ | Prot.WRITE);
    assertEquals(PAGE, f.process.io().readPipe(pipe, to + PAGE, PAGE));
    assertEquals(f.filled(at + PAGE), f.process.read(to + PAGE));
    f.finish();
  }

  /** A reference is no pin: fork and a write leave the pipe with the page as it was. */
  @Test
  void goesOnWithTheOldPageAfterForkAndWrite() {
    long at = f.mapSmall(PAGE);
    f.process.io().vmsplice(pipe, at, PAGE);
    Process child = f.process.fork("child");
    f.process.write(at, 5);
    long to = f.mapSmall(PAGE);
    f.process.io().readPipe(pipe, to, PAGE);
    assertEquals(f.filled(at), f.process.read(to));
    assertEquals(f.filled(at), child.read(at));
    f.finish();
  }

  @Test
  void outlivesTheProcess() {
    long at = f.mapSmall(PAGE);
    f.process.io().vmsplice(pipe, at, PAGE);
    Process child = f.machine.spawn("reader");
    f.process.exit();
    f.check();
    long to = child.mmap(0, PAGE, Prot.READ | Prot.WRITE, 0x22);
    assertEquals(PAGE, child.io().readPipe(pipe, to, PAGE));
    assertEquals(f.filled(at), child.read(to));
    assertNotEquals(0, child.read(to));
    f.finish();
  }
}
