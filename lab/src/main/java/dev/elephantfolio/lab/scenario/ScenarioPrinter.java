package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.DropCachesStep;
import dev.elephantfolio.lab.scenario.Step.ExpectStep;
import dev.elephantfolio.lab.scenario.Step.KhugepagedStep;
import dev.elephantfolio.lab.scenario.Step.MachineStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import dev.elephantfolio.lab.scenario.Step.SetStep;
import dev.elephantfolio.lab.scenario.Step.SnapshotStep;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Writes the language: what it prints parses to what was printed. */
public final class ScenarioPrinter {
  private ScenarioPrinter() {}

  /** All steps, one a line, with an end of line behind each. */
  public static String print(Scenario scenario) {
    StringBuilder text = new StringBuilder();
    for (Step step : scenario.steps()) {
      text.append(print(step)).append('\n');
    }
    return text.toString();
  }

  /** One line, without its end. */
  public static String print(Step step) {
    return switch (step) {
      case MachineStep(_, long memoryBytes, int cpus) ->
          "machine memory=" + Sizes.print(memoryBytes) + " cpus=" + cpus;
      case SetStep(_, String key, String value) -> "set " + key + " " + value;
      case ProcessStep(_, String process) -> "process " + process;
      case KhugepagedStep(_, int scans) -> "khugepaged " + scans;
      case DropCachesStep _ -> "drop_caches";
      case CallStep(_, String process, Call call, Expected expected) ->
          process + " " + print(call) + outcome(expected);
      case SnapshotStep(_, String label) -> label.isEmpty() ? "snapshot" : "snapshot " + label;
      case ExpectStep(_, Expectation expectation) -> "expect " + print(expectation);
    };
  }

  private static String outcome(Expected expected) {
    return expected.equals(Expected.OK) ? "" : " -> " + expected.word();
  }

  /** A call without its process: {@code munmap a+4K 4K}. */
  public static String print(Call call) {
    return switch (call) {
      case Call.Mmap mmap -> "mmap " + mmap(mmap);
      case Call.Munmap(Place place, long length) -> "munmap " + range(place, length);
      case Call.Mprotect(Place place, long length, Protection protection) ->
          "mprotect " + range(place, length) + " " + protection.word();
      case Call.Madvise(Place place, long length, Advice advice) ->
          "madvise " + range(place, length) + " " + advice.word();
      case Call.Mremap mremap -> "mremap " + mremap(mremap);
      case Call.Mlock(Place place, long length) -> "mlock " + range(place, length);
      case Call.Munlock(Place place, long length) -> "munlock " + range(place, length);
      case Call.Mlockall all ->
          "mlockall " + all.what().stream().map(LockAll::word).collect(Collectors.joining(" "));
      case Call.Munlockall _ -> "munlockall";
      case Call.Brk(long delta) ->
          "brk " + (delta < 0 ? "-" : "+") + Sizes.print(delta < 0 ? -delta : delta);
      case Call.Prctl(ThpDisable thpDisable) -> "prctl thp_disable " + thpDisable.word();
      case Call.Write(Place place, long length, long value) ->
          "write " + range(place, length) + " " + Long.toUnsignedString(value);
      case Call.Read(Place place, long length, OptionalLong expected) ->
          "read " + range(place, length) + value(expected);
      case Call.ProcessVmReadv(Place place, long length, OptionalLong expected) ->
          "process_vm_readv " + range(place, length) + value(expected);
      case Call.Split(Place place, long length, int order) ->
          "split " + range(place, length) + " " + order;
      case Call.Pin pin -> "pin " + pin(pin);
      case Call.Vmsplice(Place place, long length, String name) ->
          "vmsplice " + range(place, length) + " " + name;
      case Call.Unpin(String name) -> "unpin " + name;
      case Call.Check(String name, OptionalLong expected) -> "check " + name + value(expected);
      case Call.Fill(String name, long value) -> "fill " + name + value(OptionalLong.of(value));
      case Call.Fork(String child) -> "fork " + child;
      case Call.Vfork(String child) -> "vfork " + child;
      case Call.Exec _ -> "exec";
      case Call.Exit _ -> "exit";
    };
  }

  private static String range(Place place, long lengthBytes) {
    return place + " " + Sizes.print(lengthBytes);
  }

  private static String mmap(Call.Mmap mmap) {
    StringBuilder words = new StringBuilder(range(mmap.place(), mmap.lengthBytes()));
    if (mmap.protection() != Protection.RW) {
      words.append(' ').append(mmap.protection().word());
    }
    if (mmap.shared()) {
      words.append(" shared");
    }
    switch (mmap.placement()) {
      case Placement.Here _ -> {}
      case Placement.At(Place at) -> words.append(" at=").append(at);
      case Placement.Anywhere _ -> words.append(" anywhere");
    }
    mmap.options().forEach(option -> words.append(' ').append(option.word()));
    return words.toString();
  }

  private static String mremap(Call.Mremap mremap) {
    String to = mremap.to().map(place -> " to=" + place).orElse("");
    return range(mremap.place(), mremap.oldLengthBytes())
        + " "
        + Sizes.print(mremap.newLengthBytes())
        + (mremap.mayMove() ? " maymove" : "")
        + to
        + (mremap.dontUnmap() ? " dontunmap" : "");
  }

  private static String value(OptionalLong value) {
    return value.isPresent() ? " " + Long.toUnsignedString(value.getAsLong()) : "";
  }

  private static String pin(Call.Pin pin) {
    StringBuilder words = new StringBuilder(range(pin.place(), pin.lengthBytes()));
    words.append(' ').append(pin.name());
    pin.options().forEach(option -> words.append(' ').append(option.word()));
    return words.toString();
  }

  /** An expectation without its first word. */
  public static String print(Expectation expectation) {
    return switch (expectation) {
      case Expectation.OfRegion of ->
          of.process()
              + " "
              + of.region()
              + " "
              + of.field().kernelName()
              + comparison(of.relation(), Sizes.print(of.value()));
      case Expectation.OfProcess of ->
          of.process()
              + " "
              + of.field().kernelName()
              + comparison(of.relation(), Sizes.print(of.value()));
      case Expectation.OfPage of ->
          of.process()
              + " "
              + of.place()
              + " "
              + of.conditions().stream().map(PageCondition::word).collect(Collectors.joining(" "));
      case Expectation.OfFrames of ->
          of.process()
              + " "
              + of.place()
              + (of.same() ? " same-frame " : " other-frame ")
              + of.otherProcess()
              + " "
              + of.otherPlace();
      case Expectation.OfCounter of -> "vmstat " + of.counter() + counter(of);
    };
  }

  private static String comparison(Relation relation, String value) {
    return " " + relation.sign() + " " + value;
  }

  private static String counter(Expectation.OfCounter of) {
    if (of.relation() != Relation.EQUAL) {
      return comparison(of.relation(), Long.toString(of.value()));
    }
    return of.value() < 0 ? " - " + -of.value() : " + " + of.value();
  }
}
