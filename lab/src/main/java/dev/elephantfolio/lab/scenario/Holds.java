package dev.elephantfolio.lab.scenario;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which pages a scenario has held at a point, by the names that pin and vmsplice gave, and who may
 * do what with them.
 *
 * <pre>
 *  a name                   | pin, vmsplice | check, unpin | fill
 *  -------------------------+---------------+--------------+----------------
 *  unknown, or gone         | yes           | no           | no
 *  held, its owner calls    | no            | yes          | when pinned to write
 *  held, another one calls  | no            | no           | no
 * </pre>
 *
 * A hold ends with its owner's exit or exec, and no child of fork has it. Used by one thread.
 */
public final class Holds {
  private record Hold(String owner, boolean writable) {}

  private final Map<String, Hold> held = new HashMap<>();
  private final Map<String, String> gone = new HashMap<>();

  /** Why nothing can be held under the name; empty when it can. */
  Optional<String> whyNotTake(String name) {
    return Optional.ofNullable(held.get(name))
        .map(hold -> "'" + hold.owner() + "' holds pages as '" + name + "' already");
  }

  /** Why {@code process} cannot let go of what the name stands for, or look through it. */
  Optional<String> whyNotUse(String process, String name) {
    Hold hold = held.get(name);
    if (hold == null) {
      String end = gone.get(name);
      return Optional.of(
          end == null ? "nothing is held as '" + name + "'" : "'" + name + "' " + end);
    }
    return hold.owner().equals(process)
        ? Optional.empty()
        : Optional.of("'" + name + "' is held by '" + hold.owner() + "'");
  }

  /** Why {@code process} cannot store through the name. */
  Optional<String> whyNotFill(String process, String name) {
    Optional<String> why = whyNotUse(process, name);
    Hold hold = held.get(name);
    return why.isPresent() || hold == null || hold.writable()
        ? why
        : Optional.of("'" + name + "' is held for reading only");
  }

  /** Why {@code process} cannot make the call, as far as it names what is held. */
  public Optional<String> whyNotCall(String process, Call call) {
    return switch (call) {
      case Call.Pin pin -> whyNotTake(pin.name());
      case Call.Vmsplice splice -> whyNotTake(splice.name());
      case Call.Unpin(String name) -> whyNotUse(process, name);
      case Call.Check(String name, _) -> whyNotUse(process, name);
      case Call.Fill(String name, _) -> whyNotFill(process, name);
      default -> Optional.empty();
    };
  }

  /** The process has called, and the call {@code made} what it was for. */
  public void called(String process, Call call, boolean made) {
    switch (call) {
      case Call.Pin pin ->
          take(pin.name(), new Hold(process, pin.options().contains(PinOption.WRITE)), made);
      case Call.Vmsplice splice -> take(splice.name(), new Hold(process, false), made);
      case Call.Unpin(String name) -> end(name, "was let go of");
      case Call.Exec _ -> {
        if (made) {
          endAllOf(process);
        }
      }
      case Call.Exit _ -> endAllOf(process);
      default -> {}
    }
  }

  private void take(String name, Hold hold, boolean made) {
    if (made) {
      held.put(name, hold);
    } else {
      gone.put(name, "was never held: the call failed");
    }
  }

  private void end(String name, String how) {
    held.remove(name);
    gone.put(name, how);
  }

  private void endAllOf(String process) {
    for (Map.Entry<String, Hold> each : Map.copyOf(held).entrySet()) {
      if (each.getValue().owner().equals(process)) {
        end(each.getKey(), "ended with '" + process + "'");
      }
    }
  }
}
