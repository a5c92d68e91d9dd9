package dev.elephantfolio.engine.notifier;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What each call tells, range by range. The ranges are those that a live 6.18 gave to a KVM virtual
 * machine of the calling process (the trace event kvm:kvm_unmap_hva_range), the events those that
 * its source names at the same places. Pages are counted from the start of the memory.
 */
class NotifiedRangesTest {
  private static final long BASE = 0x1000_0000_0000L;
  private static final int PAGE = 4096;

  /** Pages of 2 MiB, of 1 GiB. */
  private static final long H = 512;

  private static final long G = 512 * 512;
  private static final int RW = Prot.READ | Prot.WRITE;
  private static final int FIXED = MapFlags.FIXED | MapFlags.PRIVATE | MapFlags.ANONYMOUS;
  private static final int MREMAP_TO = 1 | 2;
  private static final int MREMAP_DONTUNMAP = 4;

  /** A process and what is told of it. */
  private static final class Subject {
    final Machine machine = Machine.builder().memoryBytes(256L << 20).cpus(2).build();
    final Process process = machine.spawn("subject");
    final RecordingNotifier notifier = new RecordingNotifier(BASE);

    Subject() {
      machine.set("transparent_hugepage/enabled", "madvise");
      machine.kernel().notifierRegistration().register(process.memory(), notifier);
    }

    static long at(long page) {
      return BASE + page * PAGE;
    }

    void map(long page, long pages, int prot) {
      long flags = FIXED | MapFlags.NORESERVE;
      long _ = process.mmap(at(page), pages * PAGE, prot, (int) flags);
    }

    void small(long page, long pages) {
      map(page, pages, RW);
      advise(page, pages, Madvise.NOHUGEPAGE);
      write(page, pages);
    }

    void write(long page, long pages) {
      for (long i = page; i < page + pages; i++) {
        process.write(at(i), i + 1);
      }
    }

    void huge(long page, int blocks) {
      map(page, blocks * H, RW);
      advise(page, blocks * H, Madvise.HUGEPAGE);
      for (int i = 0; i < blocks; i++) {
        process.write(at(page + i * H), 1);
      }
    }

    void read(long page) {
      long _ = process.read(at(page));
    }

    void advise(long page, long pages, int advice) {
      process.madvise(at(page), pages * PAGE, advice);
    }

    void unmap(long page, long pages) {
      process.munmap(at(page), pages * PAGE);
    }

    void protect(long page, long pages, int prot) {
      process.mprotect(at(page), pages * PAGE, prot);
    }

    void move(long page, long pages, long to, int flags) {
      long _ = process.mremap(at(page), pages * PAGE, pages * PAGE, flags, at(to));
    }

    void resize(long page, long pages, long newPages) {
      long _ = process.mremap(at(page), pages * PAGE, newPages * PAGE, 0, 0);
    }
  }

  private interface Step {
    void run(Subject subject);
  }

  private record Case(String name, Step before, Step call, String told) {}

  private static Case of(String name, Step before, Step call, String told) {
    return new Case(name, before, call, told);
  }

  private static List<Case> unmapping() {
    return List.of(
        of("middle of small", s -> s.small(0, 16), s -> s.unmap(4, 4), "UNMAP 4-8"),
        of("nothing there", _ -> {}, s -> s.unmap(4, 4), ""),
        of(
            "over a hole",
            s -> {
              s.small(0, 16);
              s.unmap(4, 4);
            },
            s -> s.unmap(0, 16),
            "UNMAP 0-16"),
        of("untouched", s -> s.map(0, 16, RW), s -> s.unmap(0, 16), "UNMAP 0-16"),
        of("beyond the area", s -> s.map(0, 16, RW), s -> s.unmap(0, G), "UNMAP 0-" + G),
        of("a huge page", s -> s.huge(0, 1), s -> s.unmap(0, H), "UNMAP 0-512"),
        of("half of one", s -> s.huge(0, 1), s -> s.unmap(256, 256), "CLEAR 0-512, UNMAP 256-512"),
        of(
            "the middle of two",
            s -> s.huge(0, 2),
            s -> s.unmap(256, 512),
            "CLEAR 0-512, CLEAR 512-1024, UNMAP 256-768"),
        of(
            "an area of small pages is cut within 2 MiB",
            s -> s.small(0, 2 * H),
            s -> s.unmap(256, 1),
            "CLEAR 0-512, UNMAP 256-257"),
        of(
            "an untouched area is cut within 2 MiB",
            s -> s.map(0, 2 * H, RW),
            s -> s.unmap(256, 1),
            "UNMAP 256-257"),
        of(
            "one is cut where only a later 2 MiB was touched",
            s -> {
              s.map(0, 2 * H, RW);
              s.write(768, 1);
            },
            s -> s.unmap(256, 1),
            "CLEAR 0-512, UNMAP 256-257"),
        of("mmap over it", s -> s.small(0, 8), s -> s.map(2, 2, RW), "UNMAP 2-4"),
        of(
            "mmap into a huge page",
            s -> s.huge(0, 1),
            s -> s.map(256, 1, RW),
            "CLEAR 0-512, UNMAP 256-257"),
        of("mremap shrinks", s -> s.small(0, 8), s -> s.resize(0, 8, 4), "UNMAP 4-8"),
        of(
            "mremap shrinks within a huge page",
            s -> s.huge(0, 2),
            s -> s.resize(0, 1024, 768),
            "CLEAR 512-1024, UNMAP 768-1024"),
        of("the process exits", s -> s.small(0, 8), s -> s.process.exit(), "release"),
        of("it execs", s -> s.small(0, 8), s -> s.process.exec("other"), "release"));
  }

  private static List<Case> discarding() {
    Step half = s -> s.huge(0, 1);
    return List.of(
        of("small", s -> s.small(0, 16), s -> s.advise(2, 3, Madvise.DONTNEED), "CLEAR 2-5"),
        of(
            "nothing there any more",
            s -> {
              s.small(0, 16);
              s.advise(2, 3, Madvise.DONTNEED);
            },
            s -> s.advise(2, 3, Madvise.DONTNEED),
            "CLEAR 2-5"),
        of("a huge page", half, s -> s.advise(0, H, Madvise.DONTNEED), "CLEAR 0-512"),
        of("part of one", half, s -> s.advise(8, 4, Madvise.DONTNEED), "CLEAR 8-12, CLEAR 0-512"),
        of(
            "parts of two",
            s -> s.huge(0, 2),
            s -> s.advise(256, 512, Madvise.DONTNEED),
            "CLEAR 256-768, CLEAR 0-512, CLEAR 512-1024"),
        of(
            "part of the huge zero page",
            s -> {
              s.map(0, H, RW);
              s.advise(0, H, Madvise.HUGEPAGE);
              s.read(0);
            },
            s -> s.advise(1, 1, Madvise.DONTNEED),
            "CLEAR 1-2, CLEAR 0-512"),
        of("free small", s -> s.small(0, 8), s -> s.advise(1, 2, Madvise.FREE), "CLEAR 1-3"),
        of("free untouched", s -> s.map(0, 8, RW), s -> s.advise(1, 2, Madvise.FREE), "CLEAR 1-3"),
        of("free a huge page", half, s -> s.advise(0, H, Madvise.FREE), "CLEAR 0-512"),
        of("free part of one", half, s -> s.advise(1, 1, Madvise.FREE), "CLEAR 1-2, CLEAR 0-512"),
        of(
            "free parts of two",
            s -> s.huge(0, 2),
            s -> s.advise(256, 512, Madvise.FREE),
            "CLEAR 256-768, CLEAR 0-512, CLEAR 512-1024"),
        of(
            "guards over pages",
            s -> s.small(0, 8),
            s -> s.advise(2, 2, Madvise.GUARD_INSTALL),
            "CLEAR 2-4"),
        of(
            "guards over nothing",
            s -> s.map(0, 8, RW),
            s -> s.advise(2, 2, Madvise.GUARD_INSTALL),
            ""),
        of(
            "guards go",
            s -> {
              s.map(0, 8, RW);
              s.advise(2, 2, Madvise.GUARD_INSTALL);
            },
            s -> s.advise(2, 2, Madvise.GUARD_REMOVE),
            ""),
        of(
            "guards in a huge page",
            half,
            s -> s.advise(2, 2, Madvise.GUARD_INSTALL),
            "CLEAR 2-4, CLEAR 0-512"));
  }

  private static List<Case> protecting() {
    return List.of(
        of("read only", s -> s.small(0, 8), s -> s.protect(2, 2, Prot.READ), "PROTECTION_VMA 2-4"),
        of(
            "three areas",
            s -> {
              s.small(0, 8);
              s.protect(2, 2, Prot.READ);
            },
            s -> s.protect(0, 8, Prot.NONE),
            "PROTECTION_VMA 0-2, PROTECTION_VMA 2-4, PROTECTION_VMA 4-8"),
        of(
            "writable again",
            s -> {
              s.small(0, 8);
              s.protect(0, 8, Prot.NONE);
            },
            s -> s.protect(0, 8, RW),
            "PROTECTION_VMA 0-8"),
        of("untouched", s -> s.map(0, H, RW), s -> s.protect(0, H, Prot.READ), ""),
        of(
            "from the first GiB with a table on",
            s -> {
              s.map(0, 3 * G, RW);
              s.write(G + 5, 1);
            },
            s -> s.protect(1, 3 * G - 1, Prot.READ),
            "PROTECTION_VMA %d-%d".formatted(G, 3 * G)),
        of(
            "each 512 GiB by itself",
            s -> {
              s.map(511 * G, 2 * G, RW);
              s.write(511 * G, 1);
              s.write(512 * G, 1);
            },
            s -> s.protect(511 * G, 2 * G, Prot.READ),
            "PROTECTION_VMA %d-%d, PROTECTION_VMA %d-%d"
                .formatted(511 * G, 512 * G, 512 * G, 513 * G)),
        of(
            "a huge page",
            s -> s.huge(0, 1),
            s -> s.protect(0, H, Prot.READ),
            "PROTECTION_VMA 0-512"),
        of(
            "part of one",
            s -> s.huge(0, 1),
            s -> s.protect(1, 1, Prot.READ),
            "CLEAR 0-512, PROTECTION_VMA 1-2"),
        of(
            "parts of two",
            s -> s.huge(0, 2),
            s -> s.protect(256, 512, Prot.READ),
            "CLEAR 0-512, CLEAR 512-1024, PROTECTION_VMA 256-768"),
        of("mlock", s -> s.small(0, 4), s -> s.process.mlock(BASE, 4 * PAGE), ""),
        of(
            "mlock half of huge",
            s -> s.huge(0, 1),
            s -> s.process.mlock(BASE, H * PAGE / 2),
            "CLEAR 0-512"),
        of(
            "advice for half",
            s -> s.huge(0, 1),
            s -> s.advise(0, 256, Madvise.NOHUGEPAGE),
            "CLEAR 0-512"),
        of("advice for small", s -> s.small(0, 8), s -> s.advise(0, 1, Madvise.DONTFORK), ""));
  }

  private static List<Case> moving() {
    return List.of(
        of("small", s -> s.small(0, 8), s -> s.move(0, 8, G, MREMAP_TO), "UNMAP 0-8, UNMAP 0-8"),
        of(
            "untouched",
            s -> s.map(0, 8, RW),
            s -> s.move(0, 8, G, MREMAP_TO),
            "UNMAP 0-8, UNMAP 0-8"),
        of(
            "from the boundary below",
            s -> s.small(256, 1024),
            s -> s.move(256, 1024, G + 256, MREMAP_TO),
            "UNMAP 0-1280, UNMAP 256-1280"),
        of(
            "a huge page",
            s -> s.huge(0, 1),
            s -> s.move(0, H, G, MREMAP_TO),
            "UNMAP 0-512, UNMAP 0-512"),
        of(
            "a huge page to an odd place",
            s -> s.huge(0, 1),
            s -> s.move(0, H, G + 1, MREMAP_TO),
            "UNMAP 0-512, CLEAR 0-512, UNMAP 0-512"),
        of(
            "the middle of two",
            s -> s.huge(0, 2),
            s -> s.move(256, 512, G, MREMAP_TO),
            "UNMAP 256-768, CLEAR 0-512, CLEAR 512-1024,"
                + " CLEAR 0-512, CLEAR 512-1024, UNMAP 256-768"),
        of(
            "the old place stays",
            s -> s.huge(0, 1),
            s -> s.move(0, H, G, MREMAP_TO | MREMAP_DONTUNMAP),
            "UNMAP 0-512"));
  }

  private static void forked(Subject subject) {
    Process _ = subject.process.fork("child");
    String _ = subject.notifier.take();
  }

  private static List<Case> copying() {
    return List.of(
        of(
            "fork",
            s -> {
              s.small(0, 4);
              s.huge(2 * H, 1);
              s.map(4 * H, 4, RW);
              s.small(5 * H, 1);
              s.protect(5 * H, 1, Prot.READ);
              String _ = s.notifier.take();
            },
            s -> {
              Process _ = s.process.fork("child");
            },
            "PROTECTION_PAGE 0-4, PROTECTION_PAGE 1024-1536, PROTECTION_PAGE 2560-2561,"
                + " PROTECTION_PAGE stack"),
        of(
            "fork, shared memory",
            s -> {
              int shared = MapFlags.FIXED | MapFlags.SHARED | MapFlags.ANONYMOUS;
              long _ = s.process.mmap(BASE, 4 * PAGE, RW, shared);
              s.write(0, 4);
            },
            s -> {
              Process _ = s.process.fork("child");
            },
            "PROTECTION_PAGE stack"),
        of(
            "write to what a child shares",
            s -> {
              s.small(0, 4);
              forked(s);
            },
            s -> s.write(1, 1),
            "CLEAR 1-2"),
        of(
            "write to a huge page that a child shares",
            s -> {
              s.huge(0, 1);
              forked(s);
            },
            s -> s.write(1, 1),
            "CLEAR 0-512, CLEAR 1-2"),
        of(
            "write to what only this process has left",
            s -> {
              s.small(0, 4);
              s.process.fork("child").exit();
            },
            s -> s.write(1, 1),
            ""),
        of(
            "write to the zero page",
            s -> {
              s.map(0, 4, RW);
              s.read(0);
            },
            s -> s.write(0, 1),
            "CLEAR 0-1"),
        of(
            "write to the huge zero page",
            s -> {
              s.map(0, H, RW);
              s.advise(0, H, Madvise.HUGEPAGE);
              s.read(0);
            },
            s -> s.write(5, 1),
            "CLEAR 0-512"),
        of(
            "discard part of a huge page that a child shares",
            s -> {
              s.huge(0, 1);
              forked(s);
            },
            s -> s.advise(0, 1, Madvise.DONTNEED),
            "CLEAR 0-1, CLEAR 0-512"),
        of(
            "free part of a huge page that a child shares",
            s -> {
              s.huge(0, 1);
              forked(s);
            },
            s -> s.advise(2, 1, Madvise.FREE),
            "CLEAR 2-3"),
        of(
            "page out a huge page that a child shares",
            s -> {
              s.huge(0, 1);
              forked(s);
            },
            s -> s.advise(0, H, Madvise.PAGEOUT),
            ""),
        of("populate", s -> s.map(0, 16, RW), s -> s.advise(0, 16, Madvise.POPULATE_WRITE), ""));
  }

  private static List<Case> splitting() {
    return List.of(
        of("cold, whole", s -> s.huge(0, 1), s -> s.advise(0, H, Madvise.COLD), ""),
        of("cold, part", s -> s.huge(0, 1), s -> s.advise(1, 1, Madvise.COLD), "CLEAR 0-512"),
        of(
            "cold, parts of two",
            s -> s.huge(0, 2),
            s -> s.advise(256, 512, Madvise.COLD),
            "CLEAR 0-512, CLEAR 512-1024"),
        of(
            "page out, whole",
            s -> s.huge(0, 1),
            s -> s.advise(0, H, Madvise.PAGEOUT),
            "CLEAR 0-512"),
        of(
            "page out, part",
            s -> s.huge(0, 1),
            s -> s.advise(1, 2, Madvise.PAGEOUT),
            "CLEAR 0-512"),
        of("page out, small", s -> s.small(0, 4), s -> s.advise(0, 4, Madvise.PAGEOUT), ""),
        of(
            "page out what was freed lazily",
            s -> {
              s.huge(0, 1);
              s.advise(0, H, Madvise.FREE);
            },
            s -> s.advise(0, H, Madvise.PAGEOUT),
            "CLEAR 0-512"),
        of(
            "page out small pages that were freed lazily",
            s -> {
              s.small(0, 3);
              s.advise(0, 3, Madvise.FREE);
            },
            s -> s.advise(0, 3, Madvise.PAGEOUT),
            "CLEAR 0-1, CLEAR 1-2, CLEAR 2-3"),
        of(
            "split a folio that lies in two areas",
            s -> {
              s.huge(0, 1);
              s.protect(256, 256, Prot.READ);
            },
            s -> s.advise(0, 256, Madvise.PAGEOUT),
            "CLEAR 0-256, CLEAR 256-512"),
        of(
            "split one of which half moved away",
            s -> {
              s.huge(0, 1);
              s.move(256, 256, G, MREMAP_TO);
            },
            s -> s.advise(0, 1, Madvise.PAGEOUT),
            "CLEAR 0-256, CLEAR %d-%d".formatted(G, G + 256)),
        of(
            "split one of which half is gone",
            s -> {
              s.huge(0, 1);
              s.unmap(256, 256);
            },
            s -> s.advise(0, 1, Madvise.COLD),
            "CLEAR 0-256"),
        of(
            "split by debugfs",
            s -> s.huge(0, 1),
            s -> s.machine.splitHugePages(s.process, BASE, BASE + PAGE, 0),
            "CLEAR 0-512"),
        of(
            "the shrinker splits what is half gone",
            s -> {
              s.huge(0, 1);
              s.advise(256, 256, Madvise.DONTNEED);
            },
            s -> {
              int _ = s.machine.deferredSplitShrinker().scan(1);
            },
            "CLEAR 0-512"),
        of(
            "collapse",
            s -> {
              s.small(0, 2 * H);
              s.advise(0, 2 * H, Madvise.HUGEPAGE);
            },
            s -> s.advise(0, 2 * H, Madvise.COLLAPSE),
            "CLEAR 0-512, CLEAR 512-1024"),
        of("collapse what is huge", s -> s.huge(0, 1), s -> s.advise(0, H, Madvise.COLLAPSE), ""));
  }

  @TestFactory
  Stream<DynamicTest> tellsTheRangesThatLinuxTells() {
    return Stream.of(
            named("unmap", unmapping()),
            named("discard", discarding()),
            named("protect", protecting()),
            named("move", moving()),
            named("copy", copying()),
            named("split", splitting()))
        .flatMap(tests -> tests);
  }

  private static Stream<DynamicTest> named(String kind, List<Case> cases) {
    return cases.stream()
        .map(each -> DynamicTest.dynamicTest(kind + ": " + each.name(), () -> run(each)));
  }

  private static void run(Case each) {
    Subject subject = new Subject();
    each.before().run(subject);
    String _ = subject.notifier.take();
    each.call().run(subject);
    assertEquals(each.told(), subject.notifier.take());
  }
}
