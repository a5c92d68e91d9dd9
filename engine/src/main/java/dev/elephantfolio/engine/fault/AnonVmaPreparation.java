package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.rmap.AnonVmas;

/** Sees to it that a VMA has an anon_vma before a page of its own is mapped in it. */
final class AnonVmaPreparation {
  private final AnonVmas anonVmas;

  AnonVmaPreparation(AnonVmas anonVmas) {
    this.anonVmas = anonVmas;
  }

  /**
   * Gives the fault's VMA an anon_vma. Looking at its neighbours needs mmap_lock; under the VMA's
   * own lock that can only be tried.
   *
   * @return false when the fault must come again under mmap_lock
   */
  boolean prepare(Fault fault) {
    if (fault.vma().anonVma() != null) {
      return true;
    }
    if (!fault.underVmaLock()) {
      anonVmas.prepare(fault.vma());
      return true;
    }
    AddressSpace mm = fault.mm();
    if (!mm.tryMmapReadLock()) {
      return false;
    }
    anonVmas.prepare(fault.vma());
    mm.mmapReadUnlock();
    return true;
  }
}
