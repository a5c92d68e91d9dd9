package dev.elephantfolio.trace;

/**
 * The bits of a TOUCH or ACCESS event's access.
 *
 * <pre>
 * READ       the page was read
 * WRITE      the page was written (alone or, in a read-modify-write access, with READ)
 * EXEC       an instruction was fetched from it
 * KERNEL     the kernel did it for the program, not the program itself
 * PRESENT    a page was mapped there already and its protection forbade the access
 * INFERRED   the address lies in a region that no record explains
 * SYNTHETIC  no record says so: the importer concludes that the page was touched
 * </pre>
 *
 * ACCESS events use the first four only.
 */
public final class AccessBits {
  public static final int READ = 1;
  public static final int WRITE = 1 << 1;
  public static final int EXEC = 1 << 2;
  public static final int KERNEL = 1 << 3;
  public static final int PRESENT = 1 << 4;
  public static final int INFERRED = 1 << 5;
  public static final int SYNTHETIC = 1 << 6;

  private AccessBits() {}

  /** For example {@code "rw kernel present"}. */
  public static String describe(int access) {
    StringBuilder text = new StringBuilder();
    text.append((access & READ) != 0 ? "r" : "")
        .append((access & WRITE) != 0 ? "w" : "")
        .append((access & EXEC) != 0 ? "x" : "")
        .append((access & KERNEL) != 0 ? " kernel" : "")
        .append((access & PRESENT) != 0 ? " present" : "")
        .append((access & INFERRED) != 0 ? " inferred" : "")
        .append((access & SYNTHETIC) != 0 ? " synthetic" : "");
    return text.toString();
  }
}
