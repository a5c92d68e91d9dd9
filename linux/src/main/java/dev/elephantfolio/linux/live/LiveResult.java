package dev.elephantfolio.linux.live;

/**
 * What a system call returned.
 *
 * @param value what it returned when it went well, such as an address; 0 when it did not
 * @param errno the error's number; 0 when it went well
 */
public record LiveResult(long value, int errno) {
  private static final long LARGEST_ERRNO = 4095;

  /** Out of what the kernel leaves in the register. */
  static LiveResult ofRaw(long raw) {
    return raw < 0 && raw >= -LARGEST_ERRNO
        ? new LiveResult(0, (int) -raw)
        : new LiveResult(raw, 0);
  }

  public boolean isOk() {
    return errno == 0;
  }
}
