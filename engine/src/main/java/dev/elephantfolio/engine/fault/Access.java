package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;

/** What an instruction does to memory. */
public enum Access {
  READ,
  WRITE,
  EXECUTE;

  /** Whether the VMA's protection allows the access. */
  public boolean allowedBy(Vma vma) {
    return switch (this) {
      case READ -> vma.has(VmFlags.READ | VmFlags.WRITE | VmFlags.EXEC);
      case WRITE -> vma.has(VmFlags.WRITE);
      case EXECUTE -> vma.has(VmFlags.EXEC);
    };
  }

  public boolean isWrite() {
    return this == WRITE;
  }
}
