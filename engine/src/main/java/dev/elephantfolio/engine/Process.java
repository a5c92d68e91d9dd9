package dev.elephantfolio.engine;

import dev.elephantfolio.engine.fault.FaultCount;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.gup.PinnedPages;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Limits;
import dev.elephantfolio.engine.mm.RssKind;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.stat.PagemapEntry;
import dev.elephantfolio.engine.stat.Smaps;
import dev.elephantfolio.engine.stat.VmaSmaps;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process of a {@link Machine}: its memory calls, with Linux's arguments and errors, and its
 * loads and stores.
 *
 * <p>Addresses and lengths are bytes; protections, flags and advices are the numbers of Linux on
 * x86-64. A refused call throws {@link MemoryException} with the errno that Linux 6.18 gives and
 * leaves the memory as it was. Any thread may call any method at any time, as the threads of a
 * process do, but for {@link #exit} and {@link #exec}, which end those threads.
 */
public final class Process {
  private final Machine machine;
  private final MemoryCalls calls;
  private final int pid;
  private final FaultCount faultCount;
  private final ProcessIo io;
  private volatile String name;
  private volatile @Nullable AddressSpace mm;

  Process(Machine machine, MemoryCalls calls, int pid, String name, AddressSpace mm) {
    this.machine = machine;
    this.calls = calls;
    this.pid = pid;
    this.name = name;
    this.mm = mm;
    this.faultCount = new FaultCount(machine.kernel().cpus());
    this.io = new ProcessIo(this, calls.io(), faultCount);
  }

  /** The machine it runs on. */
  public Machine machine() {
    return machine;
  }

  /** The number that the machine gave it, from 1 up. */
  public int pid() {
    return pid;
  }

  public String name() {
    return name;
  }

  public boolean isAlive() {
    return mm != null;
  }

  /** The memory behind the calls, for what the face does not show. */
  public AddressSpace memory() {
    AddressSpace now = mm;
    if (now == null) {
      throw new MemoryException(Errno.ESRCH);
    }
    return now;
  }

  /**
   * Maps anonymous memory.
   *
   * @param protection PROT_ bits
   * @param flags MAP_ bits
   * @return the address of the mapping
   * @throws MemoryException EINVAL, ENOMEM, EEXIST, EPERM, EAGAIN
   */
  public long mmap(long address, long lengthBytes, int protection, int flags) {
    return calls.mmap().map(memory(), address, lengthBytes, protection, flags);
  }

  /**
   * Maps {@code file} from byte {@code offsetBytes} on.
   *
   * @throws MemoryException as {@link #mmap(long, long, int, int)}, and EACCES, EOVERFLOW
   */
  public long mmap(
      long address,
      long lengthBytes,
      int protection,
      int flags,
      MappedFile file,
      long offsetBytes) {
    return calls.mmap().map(memory(), address, lengthBytes, protection, flags, file, offsetBytes);
  }

  /**
   * @throws MemoryException EINVAL, ENOMEM
   */
  public void munmap(long address, long lengthBytes) {
    calls.munmap().unmap(memory(), address, lengthBytes);
  }

  /**
   * @param flags MREMAP_ bits
   * @param newAddress used with MREMAP_FIXED and MREMAP_DONTUNMAP
   * @return where the mapping is now
   * @throws MemoryException EINVAL, EFAULT, ENOMEM, EAGAIN
   */
  public long mremap(
      long oldAddress, long oldLengthBytes, long newLengthBytes, int flags, long newAddress) {
    return calls
        .mremap()
        .remap(memory(), oldAddress, oldLengthBytes, newLengthBytes, flags, newAddress);
  }

  /**
   * @throws MemoryException EINVAL, ENOMEM, EACCES
   */
  public void mprotect(long address, long lengthBytes, int protection) {
    calls.mprotect().protect(memory(), address, lengthBytes, protection);
  }

  /**
   * @param advice a MADV_ number
   * @throws MemoryException EINVAL, ENOMEM, EAGAIN, EBADF, EBUSY, EFAULT, EPERM
   */
  public void madvise(long address, long lengthBytes, int advice) {
    calls.madvise().advise(memory(), address, lengthBytes, advice);
  }

  /**
   * Moves the end of the heap.
   *
   * @return the end of the heap now: {@code wanted}, or the old one when it was refused
   */
  public long brk(long wanted) {
    return calls.brk().brk(memory(), wanted);
  }

  /**
   * Says where the heap begins, as exec does when it has loaded a program; the heap is empty.
   *
   * @throws MemoryException EINVAL when the heap is already in use
   */
  public void startHeapAt(long address) {
    AddressSpace now = memory();
    now.mmapWriteLock();
    try {
      now.startHeapAt(address);
    } finally {
      now.mmapWriteUnlock();
    }
  }

  /**
   * @throws MemoryException EINVAL, ENOMEM, EPERM, EAGAIN
   */
  public void mlock(long address, long lengthBytes) {
    calls.mlock().mlock(memory(), address, lengthBytes);
  }

  /**
   * @param flags MLOCK_ONFAULT or 0
   * @throws MemoryException EINVAL, ENOMEM, EPERM, EAGAIN
   */
  public void mlock2(long address, long lengthBytes, int flags) {
    calls.mlock().mlock2(memory(), address, lengthBytes, flags);
  }

  /**
   * @throws MemoryException EINVAL, ENOMEM
   */
  public void munlock(long address, long lengthBytes) {
    calls.mlock().munlock(memory(), address, lengthBytes);
  }

  /**
   * @param flags MCL_ bits
   * @throws MemoryException EINVAL, ENOMEM, EPERM
   */
  public void mlockall(int flags) {
    calls.mlock().mlockall(memory(), flags);
  }

  public void munlockall() {
    calls.mlock().munlockall(memory());
  }

  /**
   * The memory-management options of prctl.
   *
   * @return what prctl returns
   * @throws MemoryException EINVAL, EFAULT, EPERM
   */
  public int prctl(int option, long arg2, long arg3, long arg4, long arg5) {
    return calls.prctl().prctl(memory(), option, arg2, arg3, arg4, arg5);
  }

  /**
   * Makes a child with a copy of the memory, shared until written.
   *
   * @throws MemoryException ENOMEM; there is no child then
   */
  public Process fork(String childName) {
    return machine.adopt(childName, calls.fork().fork(memory()));
  }

  /** Makes a child that uses this process's memory until it execs or exits. */
  public Process vfork(String childName) {
    AddressSpace shared = memory();
    shared.getUser();
    return machine.adopt(childName, shared);
  }

  /**
   * Replaces the memory by that of a new program: a stack and nothing else. As for {@link #exit},
   * no other call of this process may be under way.
   *
   * @throws MemoryException ENOMEM; the old memory is kept then
   */
  public void exec(String programName) {
    AddressSpace old = memory();
    mm = calls.exec().exec(old);
    name = programName;
    drop(old);
  }

  /**
   * Ends the process; its memory goes unless a vfork child still uses it. As the kernel first ends
   * all threads of a process, so the caller must see to it that no other call of this process is
   * under way; those that come later give ESRCH.
   */
  public synchronized void exit() {
    AddressSpace last = memory();
    mm = null;
    drop(last);
    machine.bury(this);
  }

  private void drop(AddressSpace old) {
    if (old.putUser()) {
      calls.exit().exit(old);
    }
  }

  /** Limits for the calls from now on. */
  public void limit(Limits limits) {
    memory().changeLimits(limits);
  }

  /**
   * Loads the 64-bit word at {@code address}.
   *
   * @throws MemoryException SIGSEGV, SIGBUS, or ENOMEM when the kernel would kill for memory
   */
  public long read(long address) {
    return calls.access().read(memory(), address, faultCount);
  }

  /**
   * Stores a 64-bit word at {@code address}.
   *
   * @throws MemoryException as {@link #read}
   */
  public void write(long address, long word) {
    calls.access().write(memory(), address, word, faultCount);
  }

  /**
   * Fetches an instruction at {@code address}.
   *
   * @throws MemoryException as {@link #read}
   */
  public void execute(long address) {
    calls.access().execute(memory(), address, faultCount);
  }

  // Holding pages, as the kernel does for those who read and write them by other ways.

  /**
   * Pins the pages that a range overlaps, for DMA or the like: without a lock where that goes, else
   * with faults (pin_user_pages_fast).
   *
   * @param gupFlags {@link GupFlags}
   * @return the pages, to be let go of by {@link PinnedPages#unpin}; fewer than asked for when a
   *     later one could not be had
   * @throws MemoryException EFAULT, ENOMEM, EINVAL, EOVERFLOW
   */
  public PinnedPages pin(long address, long lengthBytes, int gupFlags) {
    return calls.gup().pin(memory(), address, lengthBytes, gupFlags, faultCount);
  }

  /**
   * As {@link #pin}, under mmap_lock all the way (pin_user_pages).
   *
   * @throws MemoryException as {@link #pin}
   */
  public PinnedPages pinSlow(long address, long lengthBytes, int gupFlags) {
    return calls.gup().pinSlow(memory(), address, lengthBytes, gupFlags, faultCount);
  }

  /**
   * Refers to the pages that a range overlaps (get_user_pages_fast): they are kept, but a later
   * fork and write may leave the process with copies.
   *
   * @throws MemoryException as {@link #pin}
   */
  public PinnedPages getPages(long address, long lengthBytes, int gupFlags) {
    return calls.gup().get(memory(), address, lengthBytes, gupFlags, faultCount);
  }

  /**
   * As {@link #getPages}, under mmap_lock all the way (get_user_pages).
   *
   * @throws MemoryException as {@link #pin}
   */
  public PinnedPages getPagesSlow(long address, long lengthBytes, int gupFlags) {
    return calls.gup().getSlow(memory(), address, lengthBytes, gupFlags, faultCount);
  }

  /** The calls that hold this process's pages for somebody else's use. */
  public ProcessIo io() {
    return io;
  }

  /** Faults so far, as minflt counts them. */
  public long faults() {
    return faultCount.get();
  }

  public long rssBytes() {
    return memory().rssPages() << 12;
  }

  /** Anonymous memory that is mapped, by the process's own counter. */
  public long anonymousBytes() {
    return memory().rss(RssKind.ANON) << 12;
  }

  /** Anonymous memory that is mapped by PMDs, by a counter: AnonHugePages without a walk. */
  public long anonHugePagesBytes() {
    return memory().rss(RssKind.ANON_HUGE) << 12;
  }

  /** Page tables, deposits included: VmPTE. */
  public long pageTableBytes() {
    return memory().tables().tableBytes();
  }

  /** The sum over all areas: {@code /proc/PID/smaps_rollup}. */
  public Smaps smapsRollup() {
    return machine.reader().rollup(memory());
  }

  /** Each area: {@code /proc/PID/smaps}. */
  public List<VmaSmaps> smaps() {
    return machine.reader().smaps(memory());
  }

  /** One page: {@code /proc/PID/pagemap} and what the kernel's frame files say of it. */
  public PagemapEntry pagemap(long address) {
    return machine.reader().pagemap(memory(), address);
  }

  @Override
  public String toString() {
    return name + "[" + pid + "]";
  }
}
