package dev.elephantfolio.linux.live;

import dev.elephantfolio.linux.live.Controller.Request;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;

/**
 * Pages that a process holds by a pin or in a pipe, until it lets go of them, execs or exits. They
 * are reached past its page tables. A call after the end is refused with a {@link
 * dev.elephantfolio.linux.LinuxException}.
 */
public final class LiveHold {
  private final LiveMachine machine;
  private final long number;

  LiveHold(LiveMachine machine, long number) {
    this.machine = machine;
    this.number = number;
  }

  /** The first 64-bit word of each page; a pipe stays full. */
  public LongBuffer load() {
    return machine.ask(Request.LOAD_HELD, number).asLongBuffer();
  }

  /** Stores a 64-bit word at the start of each page; pages in a pipe are not to be written to. */
  public void store(long word) {
    ByteBuffer _ = machine.ask(Request.STORE_HELD, number, word);
  }

  /** Lets go of the pages. */
  public void release() {
    ByteBuffer _ = machine.ask(Request.END_HELD, number);
  }
}
