package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.MemoryException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** What outcomes are called: errnos by their names, with Linux's x86-64 numbers, and signals. */
public final class OutcomeWords {
  /** From 1 on, without a gap. */
  private static final String FIRST_ERRNOS =
      "EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT"
          + " ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY"
          + " EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS"
          + " ENOTEMPTY ELOOP";

  private static final Map<Integer, String> ERRNOS = errnos();
  private static final Set<String> ALL = all();

  private OutcomeWords() {}

  private static Map<Integer, String> errnos() {
    Map<Integer, String> errnos = new LinkedHashMap<>();
    for (String name : FIRST_ERRNOS.split(" ")) {
      errnos.put(errnos.size() + 1, name);
    }
    errnos.put(61, "ENODATA");
    errnos.put(75, "EOVERFLOW");
    errnos.put(95, "EOPNOTSUPP");
    errnos.put(105, "ENOBUFS");
    errnos.put(110, "ETIMEDOUT");
    errnos.put(133, "EHWPOISON");
    return errnos;
  }

  private static Set<String> all() {
    Set<String> all = new LinkedHashSet<>();
    all.add(Outcome.OK_WORD);
    all.add(Expected.ANY.word());
    for (MemoryException.Signal signal : MemoryException.Signal.values()) {
      all.add(signal.name());
    }
    all.addAll(ERRNOS.values());
    return Collections.unmodifiableSet(all);
  }

  /** Every word that may stand behind {@code ->}. */
  public static Set<String> allWords() {
    return ALL;
  }

  /** The name of an error number; {@code errno 77} for one that memory calls do not give. */
  public static String ofErrno(int number) {
    return ERRNOS.getOrDefault(number, "errno " + number);
  }
}
