package dev.elephantfolio.engine.notifier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.sync.Mutation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Who is told, from when on, and until when. */
class NotifierRegistrationTest {
  private static final long BASE = 0x1000_0000_0000L;
  private static final long PAGE = 4096;
  private static final int RW = Prot.READ | Prot.WRITE;
  private static final int FIXED = MapFlags.FIXED | MapFlags.PRIVATE | MapFlags.ANONYMOUS;

  private final Machine machine = Machine.builder().memoryBytes(64L << 20).cpus(2).build();
  private final Process process = machine.spawn("subject");
  private final AddressSpace mm = process.memory();
  private final NotifierRegistration registration = machine.kernel().notifierRegistration();
  private final RecordingNotifier notifier = new RecordingNotifier(BASE);

  private void map(Process where, long pages) {
    long _ = where.mmap(BASE, pages * PAGE, RW, FIXED);
    for (long page = 0; page < pages; page++) {
      where.write(BASE + page * PAGE, page);
    }
  }

  private void discard() {
    process.madvise(BASE, PAGE, Madvise.DONTNEED);
  }

  @Test
  void nobodySubscribedCostsNothing() {
    assertNull(mm.notifiers().start(InvalidateEvent.CLEAR, 0, PAGE));
    assertFalse(mm.notifiers().testYoung(BASE));
    assertEquals(List.of(), mm.notifiers().subscribers());
  }

  @Test
  void whoIsRegisteredIsTold() {
    map(process, 4);
    registration.register(mm, notifier);
    discard();
    assertEquals("CLEAR 0-1", notifier.take());
  }

  @Test
  void whoLeavesIsReleasedAndNotToldAnyMore() {
    map(process, 4);
    registration.register(mm, notifier);
    registration.unregister(mm, notifier);
    assertEquals("release", notifier.take());
    discard();
    assertEquals("", notifier.take());
    registration.unregister(mm, notifier);
    assertEquals("", notifier.take());
  }

  @Test
  void severalAreToldInTheOrderTheyCame() {
    map(process, 4);
    List<String> told = new ArrayList<>();
    for (String name : List.of("first", "second")) {
      registration.register(mm, named(name, told));
    }
    discard();
    assertEquals(List.of("first start", "second start", "first end", "second end"), told);
  }

  private static MmuNotifier named(String name, List<String> told) {
    return new MmuNotifier() {
      @Override
      public void invalidateRangeStart(InvalidateRange range) {
        told.add(name + " start");
      }

      @Override
      public void invalidateRangeEnd(InvalidateRange range) {
        told.add(name + " end");
      }
    };
  }

  @Test
  void theEndOfAProcessReleasesOnce() {
    map(process, 4);
    registration.register(mm, notifier);
    process.exit();
    assertEquals("release", notifier.take());
    registration.unregister(mm, notifier);
    assertEquals(1, notifier.releases());
  }

  @Test
  void aSharedAddressSpaceEndsWithItsLastProcess() {
    Process second = process.vfork("second");
    registration.register(mm, notifier);
    process.exit();
    assertEquals("", notifier.take());
    second.exit();
    assertEquals("release", notifier.take());
  }

  @Test
  void thereIsNoSubscriptionToWhatHasEnded() {
    process.exit();
    MemoryException refused =
        assertThrows(MemoryException.class, () -> registration.register(mm, notifier));
    assertEquals(Errno.ESRCH, refused.errno());
  }

  @Test
  void relativesShareNoSubscription() {
    map(process, 4);
    registration.register(mm, notifier);
    Process child = process.fork("child");
    String _ = notifier.take();
    child.munmap(BASE, 4 * PAGE);
    assertEquals("", notifier.take());
  }

  /** With relatives and neighbours about, several families' locks are taken at once. */
  @Test
  void registeringTakesAllLocksOfManyAreasAndFiles() {
    for (int area = 0; area < 20; area++) {
      long at = BASE + area * 16L * PAGE;
      if (area % 3 == 0) {
        long _ =
            process.mmap(
                at, PAGE, RW, MapFlags.FIXED | MapFlags.SHARED, machine.file("f" + area, true), 0);
      } else {
        long _ = process.mmap(at, PAGE, RW, FIXED);
      }
      process.write(at, area);
    }
    Process child = process.fork("child");
    registration.register(child.memory(), new RecordingNotifier(BASE));
    registration.register(mm, notifier);
    process.write(BASE + 16 * PAGE, 1);
    assertEquals("CLEAR 16-17", notifier.take());
  }

  @Test
  void leavingWaitsForTheCallUnderWay() throws Exception {
    map(process, 4);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    MmuNotifier slow =
        new MmuNotifier() {
          @Override
          public void invalidateRangeStart(InvalidateRange range) {
            inside.countDown();
            awaitLatch(goOn);
          }

          @Override
          public void invalidateRangeEnd(InvalidateRange range) {}
        };
    registration.register(mm, slow);
    CompletableFuture<Void> call = CompletableFuture.runAsync(this::discard);
    awaitLatch(inside);
    CompletableFuture<Void> leaving =
        CompletableFuture.runAsync(() -> registration.unregister(mm, slow));
    assertThrows(TimeoutException.class, () -> leaving.get(50, TimeUnit.MILLISECONDS));
    goOn.countDown();
    leaving.get(10, TimeUnit.SECONDS);
    call.get(10, TimeUnit.SECONDS);
  }

  @Test
  void registeringWaitsForTheInvalidationUnderWay() throws Exception {
    map(process, 4);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    MmuNotifier slow =
        new MmuNotifier() {
          @Override
          public void invalidateRangeStart(InvalidateRange range) {
            inside.countDown();
            awaitLatch(goOn);
          }

          @Override
          public void invalidateRangeEnd(InvalidateRange range) {}
        };
    registration.register(mm, slow);
    CompletableFuture<Void> call = CompletableFuture.runAsync(this::discard);
    awaitLatch(inside);
    CompletableFuture<Void> coming =
        CompletableFuture.runAsync(() -> registration.register(mm, notifier));
    assertThrows(TimeoutException.class, () -> coming.get(50, TimeUnit.MILLISECONDS));
    goOn.countDown();
    coming.get(10, TimeUnit.SECONDS);
    call.get(10, TimeUnit.SECONDS);
    assertEquals("", notifier.take());
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      if (!latch.await(10, TimeUnit.SECONDS)) {
        throw new AssertionError("nobody came");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aMachineWithoutTheCallsTellsOnlyTheEnd() {
    Machine mute =
        Machine.builder()
            .memoryBytes(64L << 20)
            .without(List.of(Mutation.NO_NOTIFIER_CALL))
            .build();
    Process subject = mute.spawn("subject");
    map(subject, 4);
    mute.kernel().notifierRegistration().register(subject.memory(), notifier);
    subject.munmap(BASE, 4 * PAGE);
    assertEquals("", notifier.take());
    subject.exit();
    assertEquals("release", notifier.take());
  }
}
