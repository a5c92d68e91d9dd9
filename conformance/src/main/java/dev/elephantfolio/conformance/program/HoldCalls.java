package dev.elephantfolio.conformance.program;

import dev.elephantfolio.conformance.program.Arena.Range;
import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.PinOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Random calls that hold pages by pins and pipes, look through what is held, and let go of it.
 * Whether a pin came about is not known here: what names one that did not is no call.
 */
final class HoldCalls {
  private static final int HELD_MAX = 3;

  /** Half of what a pipe takes. */
  private static final long PIPE_BYTES_MAX = 512 << 10;

  /** The pin that a live kernel can be asked for. */
  private static final Set<PinOption> FIXED_BUFFER = EnumSet.allOf(PinOption.class);

  private record Held(String name, boolean pinned) {}

  private final Dice dice;
  private final Arena arena;
  private final Map<String, List<Held>> heldBy = new HashMap<>();
  private int names;

  HoldCalls(Dice dice, Arena arena) {
    this.dice = dice;
    this.arena = arena;
  }

  /** What {@code process} does next. */
  Call next(String process) {
    List<Held> held = heldBy.computeIfAbsent(process, _ -> new ArrayList<>());
    if (held.isEmpty() || (held.size() < HELD_MAX && dice.coin())) {
      return take(held);
    }
    return use(held, dice.oneOf(held));
  }

  private Call take(List<Held> held) {
    String name = "H" + names++;
    Range range = arena.range();
    boolean pinned = dice.percent(75);
    held.add(new Held(name, pinned));
    return pinned
        ? new Call.Pin(range.place(), range.lengthBytes(), name, FIXED_BUFFER)
        : new Call.Vmsplice(range.place(), Math.min(range.lengthBytes(), PIPE_BYTES_MAX), name);
  }

  private Call use(List<Held> held, Held one) {
    if (dice.percent(40)) {
      held.remove(one);
      return new Call.Unpin(one.name());
    }
    return one.pinned() && dice.coin()
        ? new Call.Fill(one.name(), dice.below(1 << 20))
        : new Call.Check(one.name(), OptionalLong.empty());
  }

  /** The process has made that call. */
  void called(String process, Call call) {
    if (call instanceof Call.Exec || call instanceof Call.Exit) {
      heldBy.remove(process);
    }
  }
}
