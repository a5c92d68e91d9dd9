package dev.elephantfolio.lab.scenario;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Reads a call: what stands in a line behind the process, but for the outcome. */
final class CallParser {
  private static final List<String> CALLS =
      List.of(
          "mmap",
          "munmap",
          "mprotect",
          "madvise",
          "mremap",
          "mlock",
          "munlock",
          "mlockall",
          "munlockall",
          "brk",
          "prctl",
          "write",
          "read",
          "process_vm_readv",
          "split",
          "pin",
          "vmsplice",
          "unpin",
          "check",
          "fill",
          "fork",
          "vfork",
          "exec",
          "exit");

  private static final List<String> MREMAP_WORDS = List.of("maymove", "to=", "dontunmap");
  private static final int ORDER_MAX = 9;

  private final Terms terms;
  private final Words words;
  private final Processes processes;
  private final String process;

  /**
   * @param process who calls
   */
  CallParser(Terms terms, Processes processes, String process) {
    this.terms = terms;
    this.words = terms.words();
    this.processes = processes;
    this.process = process;
  }

  Call call() {
    Word name = words.next("a call, as mmap or write");
    words.refuse(name, LaterWords.call(name));
    return switch (name.text()) {
      case "mmap" -> new MmapParser(terms).mmap();
      case "munmap" -> new Call.Munmap(terms.place(), length());
      case "mprotect" -> new Call.Mprotect(terms.place(), length(), protection());
      case "madvise" -> new Call.Madvise(terms.place(), length(), advice());
      case "mremap" -> mremap();
      case "mlock" -> new Call.Mlock(terms.place(), length());
      case "munlock" -> new Call.Munlock(terms.place(), length());
      case "mlockall" -> mlockall();
      case "munlockall" -> new Call.Munlockall();
      case "brk" -> brk();
      case "prctl" -> prctl();
      case "write" -> new Call.Write(terms.place(), shortLength(), value());
      case "read" -> new Call.Read(terms.place(), shortLength(), terms.optionalValue());
      case "process_vm_readv" ->
          new Call.ProcessVmReadv(terms.place(), shortLength(), terms.optionalValue());
      case "split" -> new Call.Split(terms.place(), shortLength(), order());
      case "pin", "vmsplice", "unpin", "check", "fill" ->
          new HoldParser(terms, processes.holds(), process).call(name.text());
      case "fork" -> new Call.Fork(child());
      case "vfork" -> new Call.Vfork(child());
      case "exec" -> new Call.Exec();
      case "exit" -> new Call.Exit();
      default -> throw words.expected("a call, as mmap or write", name, CALLS);
    };
  }

  private long length() {
    return terms.size("a length");
  }

  /** Of a range whose pages are gone through one by one. */
  private long shortLength() {
    return terms.lengthUpTo(Place.WINDOW_BYTES);
  }

  private Protection protection() {
    return terms.choice("a protection", List.of(Protection.values()), Protection::word);
  }

  private Advice advice() {
    Word word = words.next("an advice, as hugepage");
    OptionalLong number = Sizes.unsigned(word.text());
    if (number.isPresent() && number.getAsLong() <= Integer.MAX_VALUE) {
      return new Advice((int) number.getAsLong());
    }
    return Advice.named(word.text())
        .orElseThrow(
            () -> words.expected("an advice of madvise, or its number", word, Advice.allNames()));
  }

  private Call mremap() {
    Place place = terms.place();
    long oldLength = length();
    long newLength = length();
    List<String> seen = new ArrayList<>();
    Optional<Place> to = Optional.empty();
    while (words.hasOption()) {
      Word word = words.next("an option");
      String option = word.text().startsWith("to=") ? "to=" : word.text();
      if (!MREMAP_WORDS.contains(option)) {
        throw words.expected("maymove, to=PLACE or dontunmap", word, MREMAP_WORDS);
      }
      if (seen.contains(option)) {
        throw words.error(word, "'" + option + "' stands there twice");
      }
      seen.add(option);
      if (option.equals("to=")) {
        to = Optional.of(terms.place(word.from(option.length())));
      }
    }
    boolean mayMove = seen.contains("maymove");
    boolean dontUnmap = seen.contains("dontunmap");
    return new Call.Mremap(place, oldLength, newLength, mayMove, to, dontUnmap);
  }

  private Call mlockall() {
    Set<LockAll> what = EnumSet.noneOf(LockAll.class);
    do {
      what.add(terms.choice("what to lock", List.of(LockAll.values()), LockAll::word));
    } while (words.hasOption());
    return new Call.Mlockall(what);
  }

  private Call brk() {
    String what = "how far, as +132K or -4K";
    Word word = words.next(what);
    char sign = word.text().charAt(0);
    OptionalLong bytes = Sizes.parse(word.text().substring(1));
    if ((sign != '+' && sign != '-') || bytes.isEmpty() || bytes.getAsLong() < 0) {
      throw words.expected(what, word);
    }
    return new Call.Brk(sign == '+' ? bytes.getAsLong() : -bytes.getAsLong());
  }

  private Call prctl() {
    Word option = words.next("thp_disable");
    if (!option.is("thp_disable")) {
      throw words.expected("thp_disable", option, List.of("thp_disable"));
    }
    return new Call.Prctl(terms.choice("a value", List.of(ThpDisable.values()), ThpDisable::word));
  }

  private long value() {
    return terms.value("a value");
  }

  private String child() {
    Word name = terms.name("the child's name");
    words.refuse(name, processes.whyNotStart(name.text()));
    return name.text();
  }

  private int order() {
    return terms.number("an order", 0, ORDER_MAX);
  }
}
