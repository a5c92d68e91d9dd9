package dev.elephantfolio.linux.settings;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.proc.ProcFs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Changes the kernel's settings for a while. Each one's value is noted before its first change, and
 * all are put back, last change first: on {@link #close}, and when the JVM goes down by an
 * exception, {@code SIGINT}, {@code SIGTERM} or {@code SIGHUP}. What a run that was killed outright
 * has left is put back by the next one that opens a guard. Only one guard is open on a machine.
 *
 * <p>Thread-safe. The lock {@code this} guards everything.
 */
public final class SettingsGuard implements AutoCloseable {
  /** Settings of which the kernel clears one when the other is set. */
  private static final Map<String, String> TWINS =
      Map.of(
          "vm/dirty_bytes", "vm/dirty_ratio",
          "vm/dirty_ratio", "vm/dirty_bytes",
          "vm/dirty_background_bytes", "vm/dirty_background_ratio",
          "vm/dirty_background_ratio", "vm/dirty_background_bytes",
          "vm/overcommit_kbytes", "vm/overcommit_ratio",
          "vm/overcommit_ratio", "vm/overcommit_kbytes");

  private final KernelSettings settings;
  private final SettingsJournal journal; // this
  private final List<Setting> before = new ArrayList<>(); // this; oldest change first
  private final List<Runnable> endings = new ArrayList<>(); // this
  private final Thread atShutdown;
  private boolean open = true; // this

  private SettingsGuard(KernelSettings settings, SettingsJournal journal) {
    this.settings = settings;
    this.journal = journal;
    this.atShutdown = new Thread(this::putBack, "settings guard");
  }

  /**
   * Opens the guard of this machine.
   *
   * @param say is told in one line when something a killed run had changed was put back
   */
  public static SettingsGuard open(Consumer<String> say) {
    return open(KernelSettings.live(), stateDirectory(), say);
  }

  /** Opens a guard that keeps its journal in a directory of its own. */
  public static SettingsGuard open(
      KernelSettings settings, Path stateDirectory, Consumer<String> say) {
    SettingsJournal journal = SettingsJournal.open(stateDirectory, ProcFs.live().bootId());
    try {
      recover(settings, journal, say);
    } catch (RuntimeException e) {
      journal.close();
      throw e;
    }
    SettingsGuard guard = new SettingsGuard(settings, journal);
    Runtime.getRuntime().addShutdownHook(guard.atShutdown);
    return guard;
  }

  /** Puts back what a killed run has left, if one has; changes nothing else. */
  public static void recover(Consumer<String> say) {
    Path directory = stateDirectory();
    if (SettingsJournal.holdsAnything(directory)) {
      open(KernelSettings.live(), directory, say).close();
    }
  }

  /** Where a journal outlives a process but not a boot. */
  public static Path stateDirectory() {
    Path run = Path.of("/run");
    if (Files.isWritable(run)) {
      return run.resolve("elephant-folio");
    }
    String own = System.getenv("XDG_RUNTIME_DIR");
    return own == null
        ? Path.of(System.getProperty("java.io.tmpdir"))
            .resolve("elephant-folio-" + System.getProperty("user.name"))
        : Path.of(own).resolve("elephant-folio");
  }

  private static void recover(
      KernelSettings settings, SettingsJournal journal, Consumer<String> say) {
    List<Setting> left = journal.leftBehind();
    if (!left.isEmpty()) {
      try {
        restore(settings, left);
      } finally {
        journal.clear();
      }
      say.accept("settings that a killed run had changed were put back: " + join(left));
    }
  }

  /**
   * Changes a setting; a wrong key or value changes nothing.
   *
   * @throws LinuxException when the key or value is wrong, or the kernel made something else of it
   */
  public synchronized void set(Setting setting) {
    if (!open) {
      throw new IllegalStateException("the guard is closed");
    }
    settings.check(setting);
    Setting saved = saved(setting.key());
    if (before.stream().noneMatch(known -> known.key().equals(saved.key()))) {
      journal.add(saved);
      before.add(saved);
    }
    settings.write(setting);
  }

  /**
   * Has {@code ending} done before anything is put back, on close as well as at shutdown: it ends
   * what would write settings meanwhile.
   */
  public synchronized void endFirst(Runnable ending) {
    endings.add(ending);
  }

  /** What to write to have a setting back as it is now: of twins, the one that is not cleared. */
  private Setting saved(String key) {
    String value = settings.read(key);
    String twin = TWINS.getOrDefault(key, key);
    return value.equals("0") && settings.exists(twin)
        ? new Setting(twin, settings.read(twin))
        : new Setting(key, value);
  }

  /** Puts everything back; a second call does nothing. */
  @Override
  public void close() {
    putBack();
    try {
      Runtime.getRuntime().removeShutdownHook(atShutdown);
    } catch (IllegalStateException _) {
      // Going down already: the hook finds nothing left to do.
    }
  }

  private synchronized void putBack() {
    if (open) {
      open = false;
      try (journal) {
        endings.forEach(Runnable::run);
        restore(settings, before);
        journal.clear();
      }
    }
  }

  /** Tries every one of them even when some cannot be put back, and says then which. */
  private static void restore(KernelSettings settings, List<Setting> before) {
    List<Setting> failed = new ArrayList<>();
    for (Setting setting : before.reversed()) {
      try {
        settings.write(setting);
      } catch (LinuxException _) {
        failed.add(setting);
      }
    }
    if (!failed.isEmpty()) {
      throw new LinuxException(
          "could not be put back, set them yourself: " + join(failed.reversed()));
    }
  }

  private static String join(List<Setting> settings) {
    return String.join(" ", settings.stream().map(Setting::toString).toList());
  }
}
