package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.MemoryException;

/** The memory side of execve(2): the address space in which a new program starts. */
public final class ExecCall {
  private final AddressSpaces addressSpaces;
  private final InitialStack initialStack;
  private final Teardown teardown;

  public ExecCall(MmContext context, AddressSpaces addressSpaces) {
    this.addressSpaces = addressSpaces;
    this.initialStack = new InitialStack(context);
    this.teardown = new Teardown(context);
  }

  /**
   * A new address space with a stack and nothing else. Limits, capabilities, PR_SET_THP_DISABLE and
   * PR_SET_MEMORY_MERGE are those of {@code old}; what mlockall said of the future is forgotten.
   * {@code old} is untouched, and the caller's to leave.
   *
   * @throws MemoryException ENOMEM; there is no new address space then
   */
  public AddressSpace exec(AddressSpace old) {
    AddressSpace made = addressSpaces.create(old.limits(), old.capabilities());
    made.inheritFrom(old);
    try {
      layOut(made);
    } catch (MemoryException refused) {
      teardown.run(made);
      throw refused;
    }
    return made;
  }

  private void layOut(AddressSpace mm) {
    mm.mmapWriteLock();
    try {
      long stackBytes = mm.limits().stackBytes();
      mm.placeLayout(AddressLayout.standard(stackBytes, mm.stackGuardGapBytes()));
      initialStack.finish(initialStack.begin(mm));
    } finally {
      mm.mmapWriteUnlock();
    }
  }
}
