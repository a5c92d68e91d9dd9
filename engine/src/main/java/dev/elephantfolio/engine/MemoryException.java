package dev.elephantfolio.engine;

import java.util.Optional;

/**
 * What a memory call or an access gives instead of a result: a Linux error number or, for an access
 * that no mapping allows, the signal that the kernel would send.
 *
 * <p>The state of the machine is as it was before the call, as far as Linux promises that too.
 * Carries no stack trace: a refused call is an ordinary outcome.
 */
public final class MemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A signal that an access may end in. */
  public enum Signal {
    SIGSEGV,
    SIGBUS
  }

  private final Errno errno;
  private final @org.jspecify.annotations.Nullable Signal signal;

  /** A call refused with {@code errno}. */
  public MemoryException(Errno errno) {
    super(errno.name(), null, false, false);
    this.errno = errno;
    this.signal = null;
  }

  /** An access that ends in {@code signal}; a system call would give {@link Errno#EFAULT}. */
  public MemoryException(Signal signal) {
    super(signal.name(), null, false, false);
    this.errno = Errno.EFAULT;
    this.signal = signal;
  }

  public Errno errno() {
    return errno;
  }

  /** The signal of a bad access; empty for a refused call. */
  public Optional<Signal> signal() {
    return Optional.ofNullable(signal);
  }
}
