package dev.elephantfolio.linux.live;

import dev.elephantfolio.linux.live.Controller.Request;
import java.nio.ByteBuffer;

/**
 * A real process of a {@link LiveMachine} that makes the memory calls it is told to. Its own memory
 * is a few pages at low addresses; its heap is empty and begins at {@link #HEAP_START}. Arguments
 * are Linux's numbers and go to the kernel as they are. It is used by the thread that uses its
 * machine.
 */
public final class LiveProcess {
  /** Where every process's heap begins. */
  public static final long HEAP_START = 0x0f00_0000_0000L;

  // System calls by their numbers on x86-64.
  private static final int MMAP = 9;
  private static final int MPROTECT = 10;
  private static final int MUNMAP = 11;
  private static final int BRK = 12;
  private static final int MREMAP = 25;
  private static final int MADVISE = 28;
  private static final int MLOCK = 149;
  private static final int MUNLOCK = 150;
  private static final int MLOCKALL = 151;
  private static final int MUNLOCKALL = 152;
  private static final int PRCTL = 157;
  private static final int MLOCK2 = 325;

  private final LiveMachine machine;
  private final String name;
  private final int slot;
  private final long pid;
  private boolean alive = true;

  LiveProcess(LiveMachine machine, String name, int slot, long pid) {
    this.machine = machine;
    this.name = name;
    this.slot = slot;
    this.pid = pid;
  }

  public String name() {
    return name;
  }

  public long pid() {
    return pid;
  }

  /** Whether it has not exited and was not ended with its machine. */
  public boolean isAlive() {
    return alive;
  }

  int slot() {
    return slot;
  }

  void buried() {
    alive = false;
  }

  private ByteBuffer ask(Request kind, long... arguments) {
    if (!alive) {
      throw new IllegalStateException(name + " is dead");
    }
    long[] words = new long[arguments.length + 1];
    words[0] = slot;
    System.arraycopy(arguments, 0, words, 1, arguments.length);
    return machine.ask(kind, words);
  }

  /** Any system call, by its number on x86-64, with six arguments. */
  public LiveResult call(long number, long a, long b, long c, long d, long e, long f) {
    return LiveResult.ofRaw(ask(Request.CALL, number, a, b, c, d, e, f).getLong());
  }

  /** Anonymous memory. The result's value is its address. */
  public LiveResult mmap(long address, long lengthBytes, int protection, int flags) {
    return call(MMAP, address, lengthBytes, protection, flags, -1, 0);
  }

  public LiveResult munmap(long address, long lengthBytes) {
    return call(MUNMAP, address, lengthBytes, 0, 0, 0, 0);
  }

  public LiveResult mprotect(long address, long lengthBytes, int protection) {
    return call(MPROTECT, address, lengthBytes, protection, 0, 0, 0);
  }

  public LiveResult madvise(long address, long lengthBytes, int advice) {
    return call(MADVISE, address, lengthBytes, advice, 0, 0, 0);
  }

  /** The result's value is where the mapping is now. */
  public LiveResult mremap(
      long oldAddress, long oldLengthBytes, long newLengthBytes, int flags, long newAddress) {
    return call(MREMAP, oldAddress, oldLengthBytes, newLengthBytes, flags, newAddress, 0);
  }

  public LiveResult mlock(long address, long lengthBytes) {
    return call(MLOCK, address, lengthBytes, 0, 0, 0, 0);
  }

  public LiveResult mlock2(long address, long lengthBytes, int flags) {
    return call(MLOCK2, address, lengthBytes, flags, 0, 0, 0);
  }

  public LiveResult munlock(long address, long lengthBytes) {
    return call(MUNLOCK, address, lengthBytes, 0, 0, 0, 0);
  }

  public LiveResult mlockall(int flags) {
    return call(MLOCKALL, flags, 0, 0, 0, 0, 0);
  }

  public LiveResult munlockall() {
    return call(MUNLOCKALL, 0, 0, 0, 0, 0, 0);
  }

  /**
   * Moves the end of the heap.
   *
   * @return the end of the heap now: {@code wanted}, or the old one when it was refused
   */
  public long brk(long wanted) {
    return ask(Request.CALL, BRK, wanted, 0, 0, 0, 0, 0).getLong();
  }

  public LiveResult prctl(int option, long arg2, long arg3, long arg4, long arg5) {
    return call(PRCTL, option, arg2, arg3, arg4, arg5, 0);
  }

  /** Loads a 64-bit word at {@code address} and at every 4 KiB after it, until a signal. */
  public LiveLoad load(long address, long pages) {
    ByteBuffer answer = ask(Request.LOAD, address, pages);
    int signal = (int) answer.getLong();
    return new LiveLoad(signal, answer.asLongBuffer());
  }

  /**
   * Loads as {@link #load} does, but as another process (process_vm_readv): each page is pinned for
   * reading meanwhile, and an errno takes the place of a signal.
   */
  public LiveRemoteLoad loadRemotely(long address, long pages) {
    ByteBuffer answer = ask(Request.LOAD_REMOTELY, address, pages);
    int errno = (int) answer.getLong();
    return new LiveRemoteLoad(errno, answer.asLongBuffer());
  }

  /** Stores a 64-bit word at {@code address} and at every 4 KiB after it, until a signal. */
  public LiveStore store(long address, long pages, long word) {
    ByteBuffer answer = ask(Request.STORE, address, pages, word);
    int signal = (int) answer.getLong();
    return new LiveStore(signal, answer.getLong());
  }

  /**
   * Splits every folio that has a page in the range, as debugfs's {@code split_huge_pages} does.
   *
   * @throws dev.elephantfolio.linux.LinuxException when this kernel does not let us; some folios
   *     may be split all the same
   */
  public LiveResult split(long startAddress, long endAddress, int order) {
    return LiveResult.ofRaw(ask(Request.SPLIT, startAddress, endAddress, order).getLong());
  }

  /**
   * Pins pages as io_uring does a registered buffer: by pin_user_pages_fast, to be written to, for
   * as long as one likes, all or none.
   *
   * @param address of the first page
   * @return a result whose value is {@link #held} to be given
   * @throws dev.elephantfolio.linux.LinuxException when this kernel does not let us
   */
  public LiveResult pin(long address, long pages) {
    return LiveResult.ofRaw(ask(Request.PIN, address, pages).getLong());
  }

  /**
   * Puts pages into a pipe made for them, all or none (vmsplice).
   *
   * @return as of {@link #pin}
   */
  public LiveResult vmsplice(long address, long pages) {
    return LiveResult.ofRaw(ask(Request.SPLICE, address, pages).getLong());
  }

  /** What a {@link #pin} or a {@link #vmsplice} that went well holds. */
  public LiveHold held(LiveResult result) {
    return new LiveHold(machine, result.value());
  }

  /** Makes a child, which is the machine's under that name unless the result is an error. */
  public LiveResult fork(String childName) {
    return child(Request.FORK, childName);
  }

  /**
   * Makes a child that uses this process's memory and stops it until the child execs or exits:
   * calls of this process are refused until then.
   */
  public LiveResult vfork(String childName) {
    return child(Request.VFORK, childName);
  }

  private LiveResult child(Request kind, String childName) {
    int slot = machine.freeSlot(childName);
    LiveResult result = LiveResult.ofRaw(ask(kind, slot).getLong());
    if (result.isOk()) {
      machine.adopt(childName, slot, result.value());
    }
    return result;
  }

  /** Becomes a new program with nothing in its memory; name and pid stay. */
  public LiveResult exec() {
    return LiveResult.ofRaw(ask(Request.EXEC).getLong());
  }

  /** Ends. When it returns the memory is gone, unless it was lent by a parent. */
  public void exit() {
    ByteBuffer _ = ask(Request.EXIT);
    machine.bury(this);
  }

  @Override
  public String toString() {
    return name + "[" + pid + "]";
  }
}
