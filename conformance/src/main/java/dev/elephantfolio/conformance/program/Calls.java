package dev.elephantfolio.conformance.program;

import dev.elephantfolio.conformance.program.Arena.Range;
import dev.elephantfolio.lab.scenario.Advice;
import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.LockAll;
import dev.elephantfolio.lab.scenario.MapOption;
import dev.elephantfolio.lab.scenario.Place;
import dev.elephantfolio.lab.scenario.Placement;
import dev.elephantfolio.lab.scenario.Protection;
import dev.elephantfolio.lab.scenario.ThpDisable;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Random calls of one process on its memory. */
final class Calls {
  private static final int NO_SUCH_ADVICE = 0x7777;
  private static final List<Protection> PROTECTIONS =
      List.of(
          Protection.RW,
          Protection.RW,
          Protection.RW,
          Protection.R,
          Protection.R,
          Protection.NONE,
          Protection.RX,
          Protection.RWX);
  private static final List<String> ADVICES =
      List.of(
          "hugepage",
          "hugepage",
          "hugepage",
          "nohugepage",
          "cold",
          "pageout",
          "populate_read",
          "populate_write",
          "populate_write",
          "dontfork",
          "dofork",
          "wipeonfork",
          "keeponfork",
          "normal",
          "random",
          "sequential",
          "willneed",
          "dontdump",
          "dodump",
          "dontneed_locked",
          "remove");

  private final Dice dice;
  private final Flavour flavour;
  private final Arena arena;
  private final int percentShared;
  private long nextValue = 1;

  /**
   * @param sharing whether some mappings are of shared memory
   */
  Calls(Dice dice, Flavour flavour, Arena arena, boolean sharing) {
    this.dice = dice;
    this.flavour = flavour;
    this.arena = arena;
    this.percentShared = !sharing ? 0 : flavour == Flavour.SHARED ? 45 : 20;
  }

  /** In how many of a hundred calls the arguments are such as the kernel refuses or rounds. */
  private int percentBad() {
    return flavour == Flavour.EDGES ? 18 : 3;
  }

  private Range range() {
    return arena.rangeOrBad(percentBad());
  }

  Call write() {
    Range range = touched();
    long value = dice.percent(12) ? 0 : nextValue++;
    return new Call.Write(range.place(), range.lengthBytes(), value);
  }

  /** By the process, or by another one, which pins the pages meanwhile. */
  Call read() {
    Range range = touched();
    return dice.percent(20)
        ? new Call.ProcessVmReadv(range.place(), range.lengthBytes(), OptionalLong.empty())
        : new Call.Read(range.place(), range.lengthBytes(), OptionalLong.empty());
  }

  /** Loads and stores go page by page: no lengths that would take for ever. */
  private Range touched() {
    if (dice.percent(6)) {
      long length = Arena.PAGE * dice.between(1, 8);
      return new Range(Place.heap(dice.below(600) * Arena.PAGE), length);
    }
    return arena.range();
  }

  Call map() {
    Range range =
        switch (dice.below(10)) {
          case 0, 1, 2 -> arena.wholeRegion();
          case 3, 4 -> arena.wholeHuge();
          default -> range();
        };
    return new Call.Mmap(
        range.place(),
        range.lengthBytes(),
        dice.percent(80) ? Protection.RW : dice.oneOf(PROTECTIONS),
        dice.percent(percentShared),
        Placement.HERE,
        mapOptions());
  }

  /** The whole of a region, as programs begin. */
  Call mapAll(Arena.Region region) {
    long from = dice.percent(20) ? dice.oneOf(Arena.PAGE, Arena.HUGE / 2, 64L << 10) : 0;
    boolean shared = dice.percent(percentShared);
    Set<MapOption> options = EnumSet.noneOf(MapOption.class);
    if (!shared && dice.percent(8)) {
      options.add(MapOption.GROWSDOWN);
    }
    return new Call.Mmap(
        region.at(from), region.sizeBytes() - from, Protection.RW, shared, Placement.HERE, options);
  }

  private Set<MapOption> mapOptions() {
    Set<MapOption> options = EnumSet.noneOf(MapOption.class);
    switch (dice.below(12)) {
      case 0, 1 -> options.add(MapOption.POPULATE);
      case 2 -> options.add(MapOption.NORESERVE);
      case 3 -> options.add(MapOption.LOCKED);
      case 4 -> options.add(MapOption.GROWSDOWN);
      case 5 -> options.add(MapOption.NOREPLACE);
      default -> {}
    }
    return options;
  }

  Call unmap() {
    Range range = range();
    return new Call.Munmap(range.place(), range.lengthBytes());
  }

  Call protect() {
    if (dice.percent(30)) {
      Range whole = arena.wholeRegion();
      return new Call.Mprotect(whole.place(), whole.lengthBytes(), Protection.RW);
    }
    Range range = range();
    return new Call.Mprotect(range.place(), range.lengthBytes(), dice.oneOf(PROTECTIONS));
  }

  Call advise() {
    int number = dice.percent(1) ? NO_SUCH_ADVICE : named(dice.oneOf(ADVICES));
    return advise(dice.percent(40) ? arena.wholeRegion() : range(), number);
  }

  Call drop() {
    return advise(range(), named(dice.percent(65) ? "dontneed" : "free"));
  }

  Call guard() {
    return advise(range(), named(dice.percent(60) ? "guard_install" : "guard_remove"));
  }

  Call collapse() {
    return advise(dice.percent(75) ? arena.wholeHuge() : range(), named("collapse"));
  }

  private static int named(String advice) {
    return Advice.named(advice).orElseThrow().number();
  }

  private static Call advise(Range range, int number) {
    return new Call.Madvise(range.place(), range.lengthBytes(), new Advice(number));
  }

  Call remap() {
    Range from = range();
    long newLength = newLength(from.lengthBytes());
    boolean fixed = dice.percent(60);
    boolean dontUnmap = dice.percent(18);
    boolean mayMove = fixed || dontUnmap || dice.percent(60);
    Optional<Place> to = fixed ? Optional.of(target(from.place())) : Optional.empty();
    return new Call.Mremap(
        from.place(), from.lengthBytes(), newLength, mayMove, to, dontUnmap && !strange());
  }

  private boolean strange() {
    return dice.percent(10);
  }

  private long newLength(long oldLength) {
    return switch (dice.below(10)) {
      case 0 -> Arena.HUGE;
      case 1 -> Math.min(oldLength, 2 * Arena.HUGE) + Arena.PAGE * dice.between(1, 520);
      case 2 -> Math.max(Arena.PAGE, oldLength / 2 & -Arena.PAGE);
      default -> oldLength;
    };
  }

  /** Half of the moves keep the place within the 2 MiB, as page tables like it. */
  private Place target(Place from) {
    Place to = arena.rangeOrBad(percentBad()).place();
    if (dice.coin()) {
      long within = from.offsetBytes() & (Arena.HUGE - 1);
      return new Place(to.region(), to.number(), (to.offsetBytes() & -Arena.HUGE) + within);
    }
    return to;
  }

  Call lock() {
    Range range = range();
    return dice.percent(60)
        ? new Call.Mlock(range.place(), range.lengthBytes())
        : new Call.Munlock(range.place(), range.lengthBytes());
  }

  Call lockAll() {
    if (dice.coin()) {
      return new Call.Munlockall();
    }
    Set<LockAll> what = EnumSet.of(dice.oneOf(LockAll.CURRENT, LockAll.FUTURE));
    if (dice.percent(40)) {
      what.add(LockAll.ONFAULT);
    }
    if (dice.percent(20)) {
      what.add(LockAll.CURRENT);
    }
    return new Call.Mlockall(what);
  }

  Call heap() {
    long pages = dice.percent(30) ? dice.between(512, 1200) : dice.between(1, 40);
    long bytes = pages * Arena.PAGE + (dice.percent(10) ? dice.below(4096) : 0);
    return new Call.Brk(dice.percent(65) ? bytes : -bytes);
  }

  Call prctl() {
    return new Call.Prctl(dice.oneOf(ThpDisable.values()));
  }

  Call split() {
    Range range = arena.range();
    int order = dice.oneOf(0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);
    return new Call.Split(range.place(), Math.max(range.lengthBytes(), Arena.PAGE), order);
  }
}
