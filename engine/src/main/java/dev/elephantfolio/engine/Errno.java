package dev.elephantfolio.engine;

/** The error numbers that memory calls give, with Linux's x86-64 values. */
public enum Errno {
  EPERM(1),
  ENOENT(2),
  ESRCH(3),
  EINTR(4),
  EIO(5),
  E2BIG(7),
  EBADF(9),
  EAGAIN(11),
  ENOMEM(12),
  EACCES(13),
  EFAULT(14),
  EBUSY(16),
  EEXIST(17),
  ENODEV(19),
  EINVAL(22),
  ENFILE(23),
  ENOSPC(28),
  EOVERFLOW(75),
  EOPNOTSUPP(95);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  /** The positive number, as {@code errno} holds it. */
  public int number() {
    return number;
  }
}
