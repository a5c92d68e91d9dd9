package dev.elephantfolio.engine;

import dev.elephantfolio.engine.fault.FaultCount;
import dev.elephantfolio.engine.io.DirectIo;
import dev.elephantfolio.engine.io.Disk;
import dev.elephantfolio.engine.io.FixedBuffer;
import dev.elephantfolio.engine.io.IoCalls;
import dev.elephantfolio.engine.io.Pipe;

/**
 * What a {@link Process} asks the kernel to do with its pages by other ways than its page tables.
 *
 * <p>Memory is kept in words of 64 bits: addresses and lengths must be multiples of 8, else EINVAL.
 * On a machine that keeps a tag a page a copy moves the words at page boundaries. Any thread may
 * call anything at any time, as far as {@link Process} allows.
 */
public final class ProcessIo {
  private final Process process;
  private final IoCalls calls;
  private final FaultCount faultCount;

  ProcessIo(Process process, IoCalls calls, FaultCount faultCount) {
    this.process = process;
    this.calls = calls;
    this.faultCount = faultCount;
  }

  private IoCalls.Caller caller() {
    return new IoCalls.Caller(process.memory(), faultCount);
  }

  /**
   * Begins a direct read of the disk into memory, or a write from there; the device moves the words
   * when it is told to.
   *
   * @throws MemoryException EINVAL, EFAULT, ENOMEM, ENOSPC
   */
  public DirectIo direct(
      DirectIo.Direction direction, Disk disk, long diskOffset, long address, long lengthBytes) {
    return calls.direct(caller(), direction, disk, diskOffset, address, lengthBytes);
  }

  /**
   * Registers a buffer for later reads and writes, as io_uring does.
   *
   * @throws MemoryException EFAULT, ENOMEM
   */
  public FixedBuffer registerBuffer(long address, long lengthBytes) {
    return calls.register(caller(), address, lengthBytes);
  }

  /**
   * Puts the pages of a range into a pipe, as many as fit.
   *
   * @return how many bytes went in
   * @throws MemoryException EAGAIN, EFAULT, ENOMEM
   */
  public long vmsplice(Pipe pipe, long address, long lengthBytes) {
    return calls.vmsplice(caller(), pipe, address, lengthBytes);
  }

  /**
   * Reads what is in a pipe into memory.
   *
   * @return how many bytes were read; 0 from an empty pipe
   * @throws MemoryException EFAULT, ENOMEM
   */
  public long readPipe(Pipe pipe, long address, long lengthBytes) {
    return calls.readPipe(caller(), pipe, address, lengthBytes);
  }

  /**
   * Copies from another process's memory to this one's.
   *
   * @return how many bytes were copied
   * @throws MemoryException EFAULT; ESRCH when one of them has ended
   */
  public long processVmReadv(Process other, long address, long otherAddress, long lengthBytes) {
    return calls.readRemote(caller(), other.memory(), address, otherAddress, lengthBytes);
  }

  /**
   * Copies from this process's memory to another one's.
   *
   * @return how many bytes were copied
   * @throws MemoryException EFAULT; ESRCH when one of them has ended
   */
  public long processVmWritev(Process other, long address, long otherAddress, long lengthBytes) {
    return calls.writeRemote(caller(), other.memory(), address, otherAddress, lengthBytes);
  }
}
