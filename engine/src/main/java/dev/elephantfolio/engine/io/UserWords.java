package dev.elephantfolio.engine.io;

import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.fault.UserAccess;

/**
 * The kernel's own loads and stores in a caller's memory: as the caller's, but a bad address is an
 * error of the call and not a signal.
 */
record UserWords(UserAccess access, IoCalls.Caller caller) {
  /**
   * @throws MemoryException EFAULT, ENOMEM
   */
  long load(long address) {
    try {
      return access.read(caller.mm(), address, caller.faults());
    } catch (MemoryException refused) {
      throw new MemoryException(refused.errno());
    }
  }

  /**
   * @throws MemoryException EFAULT, ENOMEM
   */
  void store(long address, long word) {
    try {
      access.write(caller.mm(), address, word, caller.faults());
    } catch (MemoryException refused) {
      throw new MemoryException(refused.errno());
    }
  }
}
