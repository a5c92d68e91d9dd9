package dev.elephantfolio.engine.io;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.fault.FaultCount;
import dev.elephantfolio.engine.fault.UserAccess;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.gup.Gup;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.gup.PinnedPages;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Addresses;
import dev.elephantfolio.engine.sync.Mutation;

/**
 * The calls of a process that hold its pages for somebody else's use.
 *
 * <pre>
 *  call                  | holds by
 *  ----------------------+-------------------------------------------------------
 *  direct I/O            | pins, until the device is done
 *  registered buffers    | long pins for writing, until unregistered
 *  vmsplice              | plain references, until the pipe was read
 *  process_vm_readv      | pins of the other process's pages, 1024 at a time
 * </pre>
 *
 * Any thread may call anything at any time.
 */
public final class IoCalls {
  private static final long BUFFER_BYTES_MAX = 1 << 30;

  private final MemMap memMap;
  private final Gup gup;
  private final UserAccess access;
  private final boolean pinsForDirect;

  public IoCalls(Kernel kernel, Gup gup, UserAccess access) {
    this.memMap = kernel.memMap();
    this.gup = gup;
    this.access = access;
    this.pinsForDirect = !kernel.mutations().has(Mutation.NO_PIN_FOR_DIRECT_IO);
  }

  /** Who calls: a process's memory, and where its faults are counted. */
  public record Caller(AddressSpace mm, FaultCount faults) {}

  // Direct I/O.

  /**
   * Begins a read from, or a write to, a disk without a copy in between (O_DIRECT).
   *
   * @throws MemoryException EINVAL unless offset and length are multiples of a block; ENOSPC for a
   *     write at the disk's end; EFAULT or ENOMEM when not even the first page could be had
   */
  public DirectIo direct(
      Caller caller,
      DirectIo.Direction direction,
      Disk disk,
      long diskOffset,
      long address,
      long lengthBytes) {
    Words.checkAligned(address, lengthBytes);
    if (((diskOffset | lengthBytes) & (Disk.BLOCK_BYTES - 1)) != 0 || diskOffset < 0) {
      throw new MemoryException(Errno.EINVAL);
    }
    long length = disk.clip(diskOffset, lengthBytes);
    boolean reads = direction == DirectIo.Direction.READ;
    if (length == 0 && lengthBytes > 0 && !reads) {
      throw new MemoryException(Errno.ENOSPC);
    }
    int flags = reads ? GupFlags.WRITE : 0;
    PinnedPages pages =
        pinsForDirect
            ? gup.pin(caller.mm, address, length, flags, caller.faults)
            : gup.get(caller.mm, address, length, flags, caller.faults);
    return new DirectIo(pages, disk, diskOffset, direction);
  }

  // Fixed buffers.

  /**
   * Registers a buffer for later I/O (IORING_REGISTER_BUFFERS).
   *
   * @throws MemoryException EFAULT for an address of 0, a length of 0 or above 1 GiB, or when not
   *     all pages could be had; ENOMEM for memory or, without CAP_IPC_LOCK, RLIMIT_MEMLOCK
   */
  public FixedBuffer register(Caller caller, long address, long lengthBytes) {
    if (address == 0 || lengthBytes <= 0 || lengthBytes > BUFFER_BYTES_MAX) {
      throw new MemoryException(Errno.EFAULT);
    }
    Words.checkAligned(address, lengthBytes);
    int flags = GupFlags.WRITE | GupFlags.LONGTERM;
    PinnedPages pages = gup.pin(caller.mm, address, lengthBytes, flags, caller.faults);
    if (!pages.isComplete()) {
      pages.unpin();
      throw new MemoryException(Errno.EFAULT);
    }
    long accounted = caller.mm.capabilities().ipcLock() ? 0 : wholeFolios(pages);
    long limit = caller.mm.limits().memlockBytes();
    if (accounted > 0 && !caller.mm.pinnedVm().tryAdd(accounted, limit)) {
      pages.unpin();
      throw new MemoryException(Errno.ENOMEM);
    }
    boolean _ = pages.tryKeepOnePinAFolio();
    return new FixedBuffer(caller.mm, pages, accounted);
  }

  /** As Linux accounts: of each large folio all pages, once. */
  private long wholeFolios(PinnedPages pages) {
    long sum = 0;
    int last = 0;
    for (int i = 0; i < pages.count(); i++) {
      int head = memMap.head(pages.pfn(i));
      if (head != last || !memMap.isLarge(head)) {
        sum += memMap.pages(head);
      }
      last = head;
    }
    return sum;
  }

  // Pipes.

  /**
   * Puts the pages of a range into a pipe, as many as fit (vmsplice with SPLICE_F_NONBLOCK).
   *
   * @return how many bytes went in
   * @throws MemoryException EAGAIN when none fits; EFAULT, ENOMEM when not even the first page
   *     could be had
   */
  public long vmsplice(Caller caller, Pipe pipe, long address, long lengthBytes) {
    Words.checkAligned(address, lengthBytes);
    if (lengthBytes == 0) {
      return 0;
    }
    return pipe.put(room -> {
      long end = Addresses.pageFloor(address) + ((long) room << Addresses.PAGE_SHIFT);
      long length = Math.min(lengthBytes, end - address);
      return gup.get(caller.mm, address, length, 0, caller.faults);
    });
  }

  /**
   * Reads a pipe into memory, as far as it is filled.
   *
   * @return how many bytes were read
   * @throws MemoryException EFAULT, ENOMEM when not even the first word could be stored
   */
  public long readPipe(Caller caller, Pipe pipe, long address, long lengthBytes) {
    Words.checkAligned(address, lengthBytes);
    UserWords words = new UserWords(access, caller);
    return pipe.read(lengthBytes, (offset, word) -> words.store(address + offset, word));
  }

  // Other processes.

  /**
   * Copies from another process's memory (process_vm_readv).
   *
   * @return how many bytes were copied; fewer at the first address that does not do
   * @throws MemoryException EFAULT when nothing was copied
   */
  public long readRemote(
      Caller caller, AddressSpace remote, long local, long remoteAddress, long lengthBytes) {
    Words.checkAligned(local | remoteAddress, lengthBytes);
    UserWords words = new UserWords(access, caller);
    return new RemoteAccess(gup, caller, words, local, remote, remoteAddress, false)
        .copy(lengthBytes);
  }

  /**
   * Copies to another process's memory (process_vm_writev).
   *
   * @return as {@link #readRemote}
   * @throws MemoryException as {@link #readRemote}
   */
  public long writeRemote(
      Caller caller, AddressSpace remote, long local, long remoteAddress, long lengthBytes) {
    Words.checkAligned(local | remoteAddress, lengthBytes);
    UserWords words = new UserWords(access, caller);
    return new RemoteAccess(gup, caller, words, local, remote, remoteAddress, true)
        .copy(lengthBytes);
  }
}
