package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.thp.HugeZeroFolio;
import dev.elephantfolio.engine.thp.Khugepaged;

/** What becomes of an address space when the last process that uses it exits or execs. */
public final class ExitCall {
  private final Teardown teardown;
  private final HugeZeroFolio hugeZero;
  private final Khugepaged khugepaged;

  public ExitCall(MmContext context, Kernel kernel, Khugepaged khugepaged) {
    this.teardown = new Teardown(context);
    this.hugeZero = kernel.hugeZero();
    this.khugepaged = khugepaged;
  }

  /** Frees everything that {@code mm} has. Its last user is the caller, once. */
  public void exit(AddressSpace mm) {
    khugepaged.exit(mm);
    teardown.run(mm);
    hugeZero.put(mm);
  }
}
