package dev.elephantfolio.engine.io;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.gup.PinnedPages;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.RwSemaphore;
import java.util.ArrayDeque;
import java.util.function.Function;

/**
 * A pipe that pages of processes are put into by vmsplice: it refers to the pages themselves, and
 * whoever reads it sees what they contain then.
 *
 * <p>These are plain references, not pins: when the process forks and writes, it may go on with a
 * copy, and the pipe keeps the page as it was. Any thread may use it; nobody waits for room or for
 * something to read. Behaviour: vmsplice_to_pipe, fs/splice.c of 6.18.
 */
public final class Pipe implements AutoCloseable {
  /** Pages that fit into a pipe: PIPE_DEF_BUFFERS. */
  public static final int BUFFERS = 16;

  private static final int PAGE_BYTES = 4096;

  /** Takes what is read. */
  @FunctionalInterface
  public interface Reader {
    /**
     * One word, {@code offsetBytes} behind where the reading began.
     *
     * @throws MemoryException when it cannot be taken: the reading ends before it
     */
    void accept(long offsetBytes, long word);
  }

  /** Part of one page. Guarded by the pipe's lock. */
  private static final class Buffer {
    final PinnedPages pages;
    final int page;

    /** Behind {@code pages.address()}: what is still to be read. */
    long from;

    final long to;

    Buffer(PinnedPages pages, int page, long from, long to) {
      this.pages = pages;
      this.page = page;
      this.from = from;
      this.to = to;
    }
  }

  private final RwSemaphore lock = new RwSemaphore(LockRank.PIPE);

  /** Guarded by lock. */
  private final ArrayDeque<Buffer> buffers = new ArrayDeque<>();

  /** How many bytes can be read. */
  public long bytes() {
    lock.readLock();
    try {
      long sum = 0;
      for (Buffer buffer : buffers) {
        sum += buffer.to - buffer.from;
      }
      return sum;
    } finally {
      lock.readUnlock();
    }
  }

  /**
   * Puts pages in, as many as there is room for.
   *
   * @param pagesUpTo gives pages, at most so many; they are taken over
   * @return how many bytes went in
   * @throws MemoryException EAGAIN when there is no room; what {@code pagesUpTo} throws
   */
  long put(Function<Integer, PinnedPages> pagesUpTo) {
    lock.writeLock();
    try {
      int room = BUFFERS - buffers.size();
      if (room == 0) {
        throw new MemoryException(Errno.EAGAIN);
      }
      return add(pagesUpTo.apply(room));
    } finally {
      lock.writeUnlock();
    }
  }

  private long add(PinnedPages pages) {
    long inFirstPage = pages.address() & (PAGE_BYTES - 1);
    for (int page = 0; page < pages.count(); page++) {
      long start = (long) page * PAGE_BYTES - inFirstPage;
      long to = Math.min(start + PAGE_BYTES, pages.availableBytes());
      buffers.add(new Buffer(pages, page, Math.max(start, 0), to));
    }
    return pages.availableBytes();
  }

  /**
   * Takes up to {@code lengthBytes} bytes out.
   *
   * @return how many were taken; 0 when the pipe is empty
   * @throws MemoryException what {@code reader} throws, when nothing was taken before
   */
  public long read(long lengthBytes, Reader reader) {
    lock.writeLock();
    try {
      return readLocked(lengthBytes, reader);
    } finally {
      lock.writeUnlock();
    }
  }

  private long readLocked(long lengthBytes, Reader reader) {
    long done = 0;
    while (done < lengthBytes) {
      Buffer buffer = buffers.peek();
      if (buffer == null) {
        return done;
      }
      long from = buffer.from;
      try {
        readFrom(buffer, lengthBytes - done, done, reader);
      } catch (MemoryException refused) {
        done += buffer.from - from;
        if (done == 0) {
          throw refused;
        }
        return done;
      }
      done += buffer.from - from;
      dropIfRead(buffer);
    }
    return done;
  }

  private static void readFrom(Buffer buffer, long most, long done, Reader reader) {
    PinnedPages pages = buffer.pages;
    long from = buffer.from;
    long to = Math.min(buffer.to, from + most);
    Words.each(
        pages.address(),
        from,
        to,
        pages.bytesOfAWord(),
        at -> {
          reader.accept(done + at - from, pages.read(at));
          buffer.from = at + Long.BYTES;
        });
    buffer.from = to;
  }

  private void dropIfRead(Buffer buffer) {
    if (buffer.from == buffer.to) {
      buffer.pages.unpin(buffer.page, 1);
      buffers.remove();
    }
  }

  /** Lets go of all pages that are in it. */
  @Override
  public void close() {
    lock.writeLock();
    try {
      for (Buffer buffer : buffers) {
        buffer.pages.unpin(buffer.page, 1);
      }
      buffers.clear();
    } finally {
      lock.writeUnlock();
    }
  }
}
