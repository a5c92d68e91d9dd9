package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.stat.KernelPages;
import dev.elephantfolio.lab.scenario.MachineState.AreaState;
import dev.elephantfolio.lab.scenario.MachineState.PageState;
import dev.elephantfolio.lab.scenario.MachineState.ProcessState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Holds expectations against a state. */
final class ExpectationCheck {
  private static final long PAGE_MASK = -Contents.PAGE_SIZE;

  private final MachineState state;
  private final List<String> regions;

  /**
   * @param regions the scenario's, by number
   */
  ExpectationCheck(MachineState state, List<String> regions) {
    this.state = state;
    this.regions = regions;
  }

  /** What is there instead; empty when the expectation, which is not of a counter, holds. */
  Optional<String> instead(Expectation expectation) {
    return switch (expectation) {
      case Expectation.OfRegion of -> region(of);
      case Expectation.OfProcess of -> process(of);
      case Expectation.OfPage of -> page(of);
      case Expectation.OfFrames of -> frames(of);
      case Expectation.OfCounter of -> throw new IllegalArgumentException(of.counter());
    };
  }

  private ProcessState stateOf(String process) {
    ProcessState found = state.processes().get(process);
    if (found == null) {
      throw new IllegalArgumentException(process);
    }
    return found;
  }

  // Sums of fields.

  private Optional<String> region(Expectation.OfRegion of) {
    ProcessState process = stateOf(of.process());
    Owners owners = new Owners(regions, process);
    long sum = sum(process, of.field(), area -> owners.isIn(area, of.region()));
    return unlessHolds(of.relation(), sum, of.value());
  }

  private Optional<String> process(Expectation.OfProcess of) {
    ProcessState process = stateOf(of.process());
    Owners owners = new Owners(regions, process);
    long sum = sum(process, of.field(), area -> owners.of(area).isPresent());
    return unlessHolds(of.relation(), sum, of.value());
  }

  private static long sum(ProcessState process, SmapsField field, Predicate<AreaState> counts) {
    long sum = 0;
    for (AreaState area : process.areas()) {
      if (counts.test(area)) {
        sum += area.smaps().getOrDefault(field, 0L);
      }
    }
    return sum;
  }

  private static Optional<String> unlessHolds(Relation relation, long sum, long value) {
    return relation.holds(sum, value) ? Optional.empty() : Optional.of(Sizes.print(sum));
  }

  // Pages.

  private static @Nullable PageState page(ProcessState process, Place place) {
    long address = process.address(place) & PAGE_MASK;
    for (PageState page : process.pages()) {
      if (page.address() == address) {
        return page;
      }
    }
    return null;
  }

  private Optional<String> page(Expectation.OfPage of) {
    PageState page = page(stateOf(of.process()), of.place());
    List<String> wrong = new ArrayList<>();
    for (PageCondition condition : of.conditions()) {
      switch (condition) {
        case PageCondition.Is is -> mark(page, is, wrong);
        case PageCondition.Has has -> number(page, has, wrong);
      }
    }
    return wrong.isEmpty() ? Optional.empty() : Optional.of(String.join(" ", wrong));
  }

  private static void mark(
      @Nullable PageState page, PageCondition.Is condition, List<String> wrong) {
    boolean is = page != null && is(page, condition.mark());
    if (is != condition.wanted()) {
      wrong.add(new PageCondition.Is(condition.mark(), is).word());
    }
  }

  private static boolean is(PageState page, PageMark mark) {
    return switch (mark) {
      case PRESENT -> page.present();
      case EXCLUSIVE -> page.exclusive();
      case SWAPPED -> page.swapped();
      case GUARD -> page.guard();
      case FILE -> page.file();
      case PMD -> page.pmd();
      case ZERO -> (page.frameFlags() & KernelPages.ZERO_PAGE) != 0;
      case KSM -> (page.frameFlags() & KernelPages.KSM) != 0;
    };
  }

  private static void number(
      @Nullable PageState page, PageCondition.Has condition, List<String> wrong) {
    String absent = new PageCondition.Is(PageMark.PRESENT, false).word();
    if (page == null || !page.present()) {
      if (!wrong.contains(absent)) {
        wrong.add(absent);
      }
      return;
    }
    Long number = number(page, condition.number());
    if (number == null) {
      wrong.add("no readable " + condition.number().word());
    } else if (!condition.relation().holds(number, condition.value())) {
      wrong.add(new PageCondition.Has(condition.number(), Relation.EQUAL, number).word());
    }
  }

  private static @Nullable Long number(PageState page, PageNumber number) {
    return switch (number) {
      case MAPCOUNT -> Long.valueOf(page.mapCount());
      case ORDER -> Long.valueOf(page.order());
      case INDEX -> Long.valueOf(page.pfn() - page.headPfn());
      case VALUE -> page.value();
    };
  }

  private Optional<String> frames(Expectation.OfFrames of) {
    PageState one = page(stateOf(of.process()), of.place());
    PageState other = page(stateOf(of.otherProcess()), of.otherPlace());
    if (one == null || !one.present()) {
      return Optional.of(of.process() + " " + of.place() + " !present");
    }
    if (other == null || !other.present()) {
      return Optional.of(of.otherProcess() + " " + of.otherPlace() + " !present");
    }
    boolean same = one.pfn() == other.pfn();
    return same == of.same() ? Optional.empty() : Optional.of(same ? "same-frame" : "other-frame");
  }
}
