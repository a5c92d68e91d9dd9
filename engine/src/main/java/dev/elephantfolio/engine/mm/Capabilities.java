package dev.elephantfolio.engine.mm;

/**
 * The capabilities of a process that memory calls ask about.
 *
 * @param ipcLock CAP_IPC_LOCK: locks memory without limit
 * @param sysAdmin CAP_SYS_ADMIN: may use the reserve that strict overcommit keeps for root
 * @param sysRawio CAP_SYS_RAWIO: may map below {@code vm/mmap_min_addr}
 */
public record Capabilities(boolean ipcLock, boolean sysAdmin, boolean sysRawio) {
  /** Root's. */
  public static final Capabilities ALL = new Capabilities(true, true, true);

  /** An ordinary user's. */
  public static final Capabilities NONE = new Capabilities(false, false, false);
}
