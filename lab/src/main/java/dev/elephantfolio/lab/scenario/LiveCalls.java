package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.mm.PrctlCall;
import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.live.LiveHold;
import dev.elephantfolio.linux.live.LiveLoad;
import dev.elephantfolio.linux.live.LiveMachine;
import dev.elephantfolio.linux.live.LiveProcess;
import dev.elephantfolio.linux.live.LiveRemoteLoad;
import dev.elephantfolio.linux.live.LiveResult;
import dev.elephantfolio.linux.live.LiveStore;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Has real processes do what a scenario's calls say. Used by one thread. */
final class LiveCalls {
  private static final int SIGBUS = 7;

  private final LiveMachine machine;
  private final AddressBook book;

  /** What processes hold, by name; of those that have ended, too. */
  private final Map<String, LiveHold> holds = new HashMap<>();

  LiveCalls(LiveMachine machine, AddressBook book) {
    this.machine = machine;
    this.book = book;
  }

  Outcome call(String name, Call call) {
    LiveProcess process = machine.process(name);
    return switch (call) {
      case Call.Write write -> write(name, process, write);
      case Call.Read read -> read(name, process, read);
      case Call.ProcessVmReadv read -> readRemotely(name, process, read);
      case Call.Fork(String child) -> forked(name, child, process.fork(child));
      case Call.Vfork(String child) -> forked(name, child, process.vfork(child));
      case Call.Exec _ -> exec(name, process);
      case Call.Exit _ -> exit(name, process);
      case Call.Mmap mmap -> mmap(name, process, mmap);
      case Call.Mremap mremap -> mremap(name, process, mremap);
      case Call.Brk(long delta) -> brk(process, delta);
      case Call.Pin _, Call.Vmsplice _ -> hold(name, process, call);
      case Call.Unpin(String hold) -> unpin(hold);
      case Call.Check(String hold, _) -> Outcome.loaded(words(held(hold).load()));
      case Call.Fill(String hold, long value) -> fill(hold, value);
      default -> outcome(plain(name, process, call));
    };
  }

  private static Outcome outcome(LiveResult result) {
    return result.isOk() ? Outcome.OK : Outcome.of(OutcomeWords.ofErrno(result.errno()));
  }

  private long address(String name, Place place) {
    return book.address(name, place);
  }

  /** Calls that return nothing but whether they went well. */
  private LiveResult plain(String name, LiveProcess process, Call call) {
    return switch (call) {
      case Call.Munmap(Place at, long length) -> process.munmap(address(name, at), length);
      case Call.Mprotect(Place at, long length, Protection protection) ->
          process.mprotect(address(name, at), length, protection.bits());
      case Call.Madvise(Place at, long length, Advice advice) ->
          process.madvise(address(name, at), length, advice.number());
      case Call.Mlock(Place at, long length) -> process.mlock(address(name, at), length);
      case Call.Munlock(Place at, long length) -> process.munlock(address(name, at), length);
      case Call.Mlockall all -> process.mlockall(all.flags());
      case Call.Munlockall _ -> process.munlockall();
      case Call.Prctl(ThpDisable how) ->
          process.prctl(PrctlCall.SET_THP_DISABLE, how.argument(), how.flags(), 0, 0);
      case Call.Split(Place at, long length, int order) -> {
        long start = address(name, at);
        yield process.split(start, start + length, order);
      }
      default -> throw new IllegalArgumentException(call.toString());
    };
  }

  private Outcome mmap(String name, LiveProcess process, Call.Mmap mmap) {
    long wanted = book.wanted(name, mmap);
    int protection = mmap.protection().bits();
    return placed(name, mmap, process.mmap(wanted, mmap.lengthBytes(), protection, mmap.flags()));
  }

  private Outcome mremap(String name, LiveProcess process, Call.Mremap mremap) {
    long to = mremap.to().map(place -> address(name, place)).orElse(0L);
    return placed(
        name,
        mremap,
        process.mremap(
            address(name, mremap.place()),
            mremap.oldLengthBytes(),
            mremap.newLengthBytes(),
            mremap.flags(),
            to));
  }

  private Outcome placed(String name, Call call, LiveResult result) {
    if (!result.isOk()) {
      return outcome(result);
    }
    Outcome outcome = Outcome.at(book.describe(result.value()));
    book.mapped(name, call, result.value());
    return outcome;
  }

  private Outcome brk(LiveProcess process, long delta) {
    long wanted = process.brk(0) + delta;
    long end = process.brk(wanted);
    return new Outcome(end == wanted ? Outcome.OK_WORD : "ENOMEM", book.describe(end), List.of());
  }

  private Outcome forked(String parent, String child, LiveResult result) {
    if (result.isOk()) {
      book.forked(parent, child);
    }
    return outcome(result);
  }

  private Outcome exec(String name, LiveProcess process) {
    LiveResult result = process.exec();
    if (result.isOk()) {
      book.forget(name);
    }
    return outcome(result);
  }

  private Outcome exit(String name, LiveProcess process) {
    process.exit();
    book.forget(name);
    return Outcome.OK;
  }

  private static String word(int signal) {
    return signal == SIGBUS
        ? MemoryException.Signal.SIGBUS.name()
        : MemoryException.Signal.SIGSEGV.name();
  }

  private Outcome write(String name, LiveProcess process, Call.Write write) {
    PageRange pages = new PageRange(address(name, write.place()), write.lengthBytes());
    LiveStore store = process.store(pages.address(0), pages.count(), write.value());
    return store.signal() == 0
        ? Outcome.OK
        : new Outcome(
            word(store.signal()), PageRange.page(write.place(), (int) store.pages()), List.of());
  }

  private Outcome read(String name, LiveProcess process, Call.Read read) {
    PageRange pages = new PageRange(address(name, read.place()), read.lengthBytes());
    LiveLoad load = process.load(pages.address(0), pages.count());
    String end = load.signal() == 0 ? Outcome.OK_WORD : word(load.signal());
    return loaded(read.place(), words(load.words()), end);
  }

  private Outcome readRemotely(String name, LiveProcess process, Call.ProcessVmReadv read) {
    PageRange pages = new PageRange(address(name, read.place()), read.lengthBytes());
    LiveRemoteLoad load = process.loadRemotely(pages.address(0), pages.count());
    String end = load.errno() == 0 ? Outcome.OK_WORD : OutcomeWords.ofErrno(load.errno());
    return loaded(read.place(), words(load.words()), end);
  }

  private static Outcome loaded(Place place, List<Long> values, String end) {
    return end.equals(Outcome.OK_WORD)
        ? Outcome.loaded(values)
        : new Outcome(end, PageRange.page(place, values.size()), values);
  }

  private static List<Long> words(LongBuffer loaded) {
    List<Long> words = new ArrayList<>(loaded.remaining());
    while (loaded.hasRemaining()) {
      words.add(loaded.get());
    }
    return words;
  }

  // What is held.

  private Outcome hold(String name, LiveProcess process, Call call) {
    LiveLimits.whyNot(call).ifPresent(LiveCalls::refuse);
    return switch (call) {
      case Call.Pin pin -> {
        PageRange pages = new PageRange(address(name, pin.place()), pin.lengthBytes());
        yield held(pin.name(), process, process.pin(pages.address(0), pages.count()));
      }
      case Call.Vmsplice(Place place, long length, String hold) -> {
        PageRange pages = new PageRange(address(name, place), length);
        yield held(hold, process, process.vmsplice(pages.address(0), pages.count()));
      }
      default -> throw new IllegalArgumentException(call.toString());
    };
  }

  private static void refuse(String why) {
    throw new LinuxException(why);
  }

  private Outcome held(String hold, LiveProcess process, LiveResult result) {
    if (result.isOk()) {
      holds.put(hold, process.held(result));
    }
    return outcome(result);
  }

  private LiveHold held(String hold) {
    return Objects.requireNonNull(holds.get(hold), hold);
  }

  private Outcome unpin(String hold) {
    held(hold).release();
    holds.remove(hold);
    return Outcome.OK;
  }

  private Outcome fill(String hold, long value) {
    held(hold).store(value);
    return Outcome.OK;
  }
}
