package dev.elephantfolio.linux.command;

import dev.elephantfolio.linux.libc.LibC;
import dev.elephantfolio.linux.proc.ProcFs;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * While a command of the user runs, signals are meant for it, not for us: Ctrl-C, {@code SIGTERM}
 * and {@code SIGHUP} do not end this JVM but are passed on, and we go on with what the command
 * leaves behind. A Ctrl-C typed at our terminal reaches the command without us, and is not sent
 * twice. Closing gives the signals their former meaning back.
 */
public final class SignalRelay implements AutoCloseable {
  private static final Map<String, Integer> RELAYED =
      Map.of("HUP", LibC.SIGHUP, "INT", LibC.SIGINT, "TERM", LibC.SIGTERM);

  private final List<Runnable> restore = new ArrayList<>();

  private SignalRelay() {}

  /** From now on signals go to that process. */
  public static SignalRelay to(Process command) {
    SignalRelay relay = new SignalRelay();
    RELAYED.forEach(
        (name, number) -> relay.restore.add(JvmSignals.handle(name, () -> pass(number, command))));
    return relay;
  }

  private static void pass(int signal, Process command) {
    if (signal != LibC.SIGINT || !atTerminal()) {
      boolean _ = LibC.kill(command.pid(), signal);
    }
  }

  /** Whether the terminal sends its signals to our process group, and so to the command as well. */
  private static boolean atTerminal() {
    return ProcFs.live()
        .self()
        .map(self -> self.processGroup() == self.foregroundGroup())
        .orElse(false);
  }

  @Override
  public void close() {
    restore.forEach(Runnable::run);
  }

  /**
   * The JVM's signal handling. It has no other interface than {@code sun.misc.Signal}, which is
   * there to be used (module jdk.unsupported) but cannot be named without a warning that is an
   * error here; so it is called by reflection.
   */
  private static final class JvmSignals {
    private JvmSignals() {}

    /** Sets a handler; what is returned sets the former one. */
    static Runnable handle(String name, Runnable action) {
      try {
        Class<?> signalClass = Class.forName("sun.misc.Signal");
        Class<?> handlerClass = Class.forName("sun.misc.SignalHandler");
        MethodHandle run =
            MethodHandles.publicLookup()
                .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                .bindTo(action);
        Object ours =
            MethodHandleProxies.asInterfaceInstance(
                handlerClass, MethodHandles.dropArguments(run, 0, signalClass));
        Object signal = signalClass.getConstructor(String.class).newInstance(name);
        Method handle = signalClass.getMethod("handle", signalClass, handlerClass);
        Object former = handle.invoke(null, signal, ours);
        return () -> restore(handle, signal, former);
      } catch (ReflectiveOperationException e) {
        throw unsupported(e);
      }
    }

    private static void restore(Method handle, Object signal, Object former) {
      try {
        handle.invoke(null, signal, former);
      } catch (ReflectiveOperationException e) {
        throw unsupported(e);
      }
    }

    private static IllegalStateException unsupported(ReflectiveOperationException e) {
      return new IllegalStateException("this JVM handles no signals (is it run with -Xrs?)", e);
    }
  }
}
