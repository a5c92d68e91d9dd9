package dev.elephantfolio.engine.mm;

/**
 * The stack that exec gives a program: first one page at the top of the address space for
 * arguments, then grown by 128 KiB. mmap_lock held for writing.
 *
 * <p>Behaviour: fs/exec.c of 6.18 without address randomisation.
 */
public final class InitialStack {
  private static final long HEADROOM_BYTES = 128L << 10;
  private static final long FLAGS = VmFlags.STACK | VmFlags.DATA_DEFAULT | VmFlags.ACCOUNT;

  private final VmaModify modify;
  private final StackGrowth growth;

  public InitialStack(MmContext context) {
    this.modify = new VmaModify(context);
    this.growth = new StackGrowth(context);
  }

  /** The page in which arguments are gathered. It is a temporary stack until {@link #finish}. */
  public Vma begin(AddressSpace mm) {
    long top = AddressLayout.STACK_TOP;
    long flags = FLAGS | VmFlags.STACK_INCOMPLETE_SETUP;
    Vma stack = modify.insert(mm, top - Addresses.PAGE_SIZE, top, flags, null, 0);
    mm.accountPages(flags, 1);
    return stack;
  }

  /** Arguments that need more than one page: grows the temporary stack to hold {@code bytes}. */
  public void makeRoom(Vma stack, long bytes) {
    long newStart = Addresses.pageFloor(stack.end() - bytes);
    if (newStart < stack.start()) {
      growth.expandDownwards(stack, newStart);
    }
  }

  /**
   * The arguments are in place: the stack becomes an ordinary one, with room to grow into.
   *
   * @throws dev.elephantfolio.engine.MemoryException as {@link StackGrowth#expandDownwards}
   */
  public void finish(Vma stack) {
    AddressSpace mm = stack.mm();
    long flags = FLAGS | mm.defaultFlags();
    modify.resetFlags(stack, flags);
    long limit = Addresses.pageFloor(mm.limits().stackBytes());
    long wanted = Math.min(stack.lengthBytes() + HEADROOM_BYTES, limit);
    long newStart = stack.end() - wanted;
    if (newStart < stack.start()) {
      growth.expandDownwards(stack, newStart);
    }
  }
}
