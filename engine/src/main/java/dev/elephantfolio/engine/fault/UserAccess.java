package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * Loads and stores of a process: through its page tables when they allow, else through a fault.
 *
 * <p>A store reaches the frame while its translation is in use ({@link TranslationGate}), so that
 * after a flush no store can reach a frame that was taken away. Any thread may access any address.
 */
public final class UserAccess {
  private final TranslationGate translations;
  private final Contents contents;
  private final FaultHandler faults;
  private final Cpus cpus;

  public UserAccess(Kernel kernel, FaultHandler faults) {
    this.translations = kernel.translations();
    this.contents = kernel.contents();
    this.cpus = kernel.cpus();
    this.faults = faults;
  }

  private static int pfn(long entry, long address) {
    int first = Pte.pfn(entry);
    return Pte.isLeaf(entry) ? first + ((int) (address >>> PageTables.PAGE_SHIFT) & 511) : first;
  }

  /**
   * Loads the 64-bit word at {@code address}.
   *
   * @param faultCount told of each fault on the way
   * @throws MemoryException SIGSEGV, SIGBUS or ENOMEM, as {@link FaultHandler#fault}
   */
  public long read(AddressSpace mm, long address, FaultCount faultCount) {
    PageTables tables = mm.tables();
    while (true) {
      if (!Pte.allows(tables.load(address), false)) {
        faults.fault(mm, address, Access.READ);
        faultCount.increment();
      }
      int cpu = cpus.current();
      translations.enter(cpu);
      long entry = tables.load(address);
      if (Pte.allows(entry, false) && tables.markAccessed(address, entry, false)) {
        long word = Pte.isSpecial(entry) ? 0 : load(entry, address);
        translations.exit(cpu);
        return word;
      }
      translations.exit(cpu);
    }
  }

  private long load(long entry, long address) {
    return contents.readLong(pfn(entry, address), (int) address & 0xFF8);
  }

  /**
   * Stores a 64-bit word at {@code address}.
   *
   * @throws MemoryException SIGSEGV, SIGBUS or ENOMEM, as {@link FaultHandler#fault}
   */
  public void write(AddressSpace mm, long address, long word, FaultCount faultCount) {
    PageTables tables = mm.tables();
    while (true) {
      if (!Pte.allows(tables.load(address), true)) {
        faults.fault(mm, address, Access.WRITE);
        faultCount.increment();
      }
      int cpu = cpus.current();
      translations.enter(cpu);
      long entry = tables.load(address);
      if (Pte.allows(entry, true) && tables.markAccessed(address, entry, true)) {
        contents.writeLong(pfn(entry, address), (int) address & 0xFF8, word);
        translations.exit(cpu);
        return;
      }
      translations.exit(cpu);
    }
  }

  /**
   * Fetches an instruction at {@code address}.
   *
   * @throws MemoryException SIGSEGV, SIGBUS or ENOMEM, as {@link FaultHandler#fault}
   */
  public void execute(AddressSpace mm, long address, FaultCount faultCount) {
    PageTables tables = mm.tables();
    while (true) {
      long entry = tables.load(address);
      Vma vma = mm.vmas().at(address);
      // Entries do not say what may be executed, the area does.
      if (!Pte.allows(entry, false) || vma == null || !vma.has(VmFlags.EXEC)) {
        faults.fault(mm, address, Access.EXECUTE);
        faultCount.increment();
      } else if (tables.markAccessed(address, entry, false)) {
        return;
      }
    }
  }
}
