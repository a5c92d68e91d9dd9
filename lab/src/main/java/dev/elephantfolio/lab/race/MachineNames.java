package dev.elephantfolio.lab.race;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.sync.PlaceNames;
import dev.elephantfolio.engine.sync.SyncPlace;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Names places of a machine by what its user knows: entries of page tables, and the tables' locks,
 * by process and address, as they hang in the trees at the moment.
 */
final class MachineNames implements PlaceNames {
  private static final String[] LEVELS = {"PTE", "PMD entry", "PUD entry", "PGD entry"};
  private static final String[] TABLES = {"PTE table", "PMD table", "PUD table", "PGD"};

  private @Nullable Machine machine;

  /** Whose places need no name: the process that is alone at first. */
  private @Nullable Process alone;

  /** From now on places of this machine are asked for. */
  void lookAt(Machine now) {
    machine = now;
    alone = now.processes().size() == 1 ? now.processes().getFirst() : null;
  }

  @Override
  public Optional<String> describe(SyncPlace place, long index) {
    Machine now = machine;
    if (now == null) {
      return Optional.empty();
    }
    for (Process process : now.processes()) {
      if (isOf(place, process)) {
        return Optional.of(place.describePlace(index) + of(process));
      }
      String found = below(process.memory().tables().root(), 0, place, index);
      if (found != null) {
        return Optional.of(found + of(process));
      }
    }
    return Optional.empty();
  }

  @SuppressWarnings("ReferenceEquality") // this very process
  private String of(Process process) {
    return process == alone ? "" : " of " + process.name();
  }

  /** Whether it is a lock or the state of the whole address space. */
  @SuppressWarnings("ReferenceEquality") // this very place
  private static boolean isOf(SyncPlace place, Process process) {
    return place == process.memory()
        || place == process.memory().mmapLock()
        || place == process.memory().vmas();
  }

  /** The name of a place in the tables from {@code table} down; null when it is not there. */
  @SuppressWarnings("ReferenceEquality") // this very table
  private static @Nullable String below(
      PageTable table, long tableAddress, SyncPlace place, long index) {
    if (place == table) {
      long address = tableAddress + index * PageTable.span(table.level());
      return LEVELS[table.level()] + " " + Long.toHexString(address);
    }
    if (table.isGuardedBy(place)) {
      return "the lock of the " + TABLES[table.level()] + " at " + Long.toHexString(tableAddress);
    }
    for (int slot = 0; table.level() > PageTable.PTE && slot < PageTable.ENTRIES; slot++) {
      PageTable child = table.child(slot);
      if (child != null) {
        long address = tableAddress + slot * PageTable.span(table.level());
        String found = below(child, address, place, index);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }
}
