package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.gup.PinnedPages;
import dev.elephantfolio.engine.mm.Addresses;
import dev.elephantfolio.engine.mm.PrctlCall;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;

/** Has the engine's processes do what a scenario's calls say. Used by one thread. */
final class EngineCalls {
  /** Stacks begin above this, whatever limit there is for them. */
  private static final long STACK_LOWEST = 0x6000_0000_0000L;

  private final Machine machine;
  private final AddressBook book;
  private final SortedMap<String, Process> processes = new TreeMap<>();
  private final EngineHolds holds = new EngineHolds();

  EngineCalls(Machine machine, AddressBook book) {
    this.machine = machine;
    this.book = book;
  }

  /** The living processes by name. */
  SortedMap<String, Process> processes() {
    return Collections.unmodifiableSortedMap(processes);
  }

  void spawn(String name) {
    Process process = machine.spawn(name);
    furnish(process);
    processes.put(name, process);
  }

  /** A heap where it is agreed to be, and no stack: all upper addresses are the scenario's. */
  private static void furnish(Process process) {
    process.startHeapAt(Place.HEAP_START);
    process.munmap(STACK_LOWEST, Addresses.TASK_SIZE - STACK_LOWEST);
  }

  Outcome call(String name, Call call) {
    Process process = Objects.requireNonNull(processes.get(name), name);
    try {
      return switch (call) {
        case Call.Write write -> write(name, process, write);
        case Call.Read read -> read(name, process, read);
        case Call.ProcessVmReadv read -> readRemotely(name, process, read);
        case Call.Fork(String child) -> fork(name, child, process.fork(child));
        case Call.Vfork(String child) -> fork(name, child, process.vfork(child));
        case Call.Exec _ -> exec(name, process);
        case Call.Exit _ -> exit(name, process);
        case Call.Mmap mmap -> mmap(name, process, mmap);
        case Call.Mremap mremap -> mremap(name, process, mremap);
        case Call.Brk(long delta) -> brk(process, delta);
        case Call.Check(String hold, _) -> Outcome.loaded(holds.load(hold));
        default -> plain(name, process, call);
      };
    } catch (MemoryException refused) {
      return Outcome.of(word(refused));
    }
  }

  private static String word(MemoryException refused) {
    return refused.signal().map(Enum::name).orElse(refused.errno().name());
  }

  private long address(String name, Place place) {
    return book.address(name, place);
  }

  /** Calls that return nothing but whether they went well. */
  private Outcome plain(String name, Process process, Call call) {
    switch (call) {
      case Call.Munmap(Place at, long length) -> process.munmap(address(name, at), length);
      case Call.Mprotect(Place at, long length, Protection protection) ->
          process.mprotect(address(name, at), length, protection.bits());
      case Call.Madvise(Place at, long length, Advice advice) ->
          process.madvise(address(name, at), length, advice.number());
      case Call.Mlock(Place at, long length) -> process.mlock(address(name, at), length);
      case Call.Munlock(Place at, long length) -> process.munlock(address(name, at), length);
      case Call.Mlockall all -> process.mlockall(all.flags());
      case Call.Munlockall _ -> process.munlockall();
      case Call.Prctl(ThpDisable how) -> {
        int _ = process.prctl(PrctlCall.SET_THP_DISABLE, how.argument(), how.flags(), 0, 0);
      }
      case Call.Split(Place at, long length, int order) -> {
        long start = address(name, at);
        machine.splitHugePages(process, start, start + length, order);
      }
      case Call.Pin pin -> holds.pin(name, process, address(name, pin.place()), pin);
      case Call.Vmsplice(Place at, long length, String hold) ->
          holds.vmsplice(name, process, address(name, at), length, hold);
      case Call.Unpin(String hold) -> holds.release(hold);
      case Call.Fill(String hold, long value) -> holds.store(hold, value);
      default -> throw new IllegalArgumentException(call.toString());
    }
    return Outcome.OK;
  }

  private Outcome mmap(String name, Process process, Call.Mmap mmap) {
    long address =
        process.mmap(
            book.wanted(name, mmap), mmap.lengthBytes(), mmap.protection().bits(), mmap.flags());
    return placed(name, mmap, address);
  }

  private Outcome mremap(String name, Process process, Call.Mremap mremap) {
    long to = mremap.to().map(place -> address(name, place)).orElse(0L);
    long address =
        process.mremap(
            address(name, mremap.place()),
            mremap.oldLengthBytes(),
            mremap.newLengthBytes(),
            mremap.flags(),
            to);
    return placed(name, mremap, address);
  }

  private Outcome placed(String name, Call call, long address) {
    Outcome outcome = Outcome.at(book.describe(address));
    book.mapped(name, call, address);
    return outcome;
  }

  private Outcome brk(Process process, long delta) {
    long wanted = process.memory().brk() + delta;
    long end = process.brk(wanted);
    return new Outcome(end == wanted ? Outcome.OK_WORD : "ENOMEM", book.describe(end), List.of());
  }

  private Outcome fork(String parent, String child, Process made) {
    processes.put(child, made);
    book.forked(parent, child);
    return Outcome.OK;
  }

  private Outcome exec(String name, Process process) {
    process.exec(name);
    furnish(process);
    holds.releaseAllOf(name);
    book.forget(name);
    return Outcome.OK;
  }

  private Outcome exit(String name, Process process) {
    process.exit();
    holds.releaseAllOf(name);
    processes.remove(name);
    book.forget(name);
    return Outcome.OK;
  }

  private Outcome write(String name, Process process, Call.Write write) {
    PageRange pages = new PageRange(address(name, write.place()), write.lengthBytes());
    for (int i = 0; i < pages.count(); i++) {
      try {
        process.write(pages.address(i), write.value());
      } catch (MemoryException stopped) {
        return new Outcome(word(stopped), PageRange.page(write.place(), i), List.of());
      }
    }
    return Outcome.OK;
  }

  private Outcome read(String name, Process process, Call.Read read) {
    PageRange pages = new PageRange(address(name, read.place()), read.lengthBytes());
    return load(pages, read.place(), process::read, EngineCalls::word);
  }

  /** As another process would; there need be none, since all that it does here is pin. */
  private Outcome readRemotely(String name, Process process, Call.ProcessVmReadv read) {
    PageRange pages = new PageRange(address(name, read.place()), read.lengthBytes());
    return load(
        pages,
        read.place(),
        address -> loadPinned(process, address),
        _ -> Errno.EFAULT.name()); // whatever a page cannot be pinned for
  }

  private static long loadPinned(Process process, long address) {
    PinnedPages page = process.pinSlow(address, Long.BYTES, 0);
    long word = page.read(0);
    page.unpin();
    return word;
  }

  private static Outcome load(
      PageRange pages,
      Place place,
      LongUnaryOperator load,
      Function<MemoryException, String> wordOf) {
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < pages.count(); i++) {
      try {
        values.add(load.applyAsLong(pages.address(i)));
      } catch (MemoryException stopped) {
        return new Outcome(wordOf.apply(stopped), PageRange.page(place, i), values);
      }
    }
    return Outcome.loaded(values);
  }
}
