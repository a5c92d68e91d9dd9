package dev.elephantfolio.benchmarks;

import dev.elephantfolio.engine.Process;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * fork of a process that has touched its memory, and the copies afterwards; one operation is one
 * page.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ForkBenchmark {
  /** A touched process without a child. */
  @State(Scope.Thread)
  public static class Parent {
    private final Arena arena = Arena.small();
    private Optional<Process> child = Optional.empty();

    /** All pages are this process's own and writable. */
    @Setup(Level.Invocation)
    public void touch() {
      arena.remap();
      arena.write(Arena.PAGE);
    }

    /** The child ends outside of the measured time. */
    @TearDown(Level.Invocation)
    public void endChild() {
      child.ifPresent(Process::exit);
      child = Optional.empty();
    }
  }

  /** A touched process with a child that shares all pages. */
  @State(Scope.Thread)
  public static class Shared {
    private final Parent parent = new Parent();

    /** No page has been written since the fork. */
    @Setup(Level.Invocation)
    public void fork() {
      parent.touch();
      parent.child = Optional.of(parent.arena.process.fork("child"));
    }

    /** The child ends outside of the measured time. */
    @TearDown(Level.Invocation)
    public void endChild() {
      parent.endChild();
    }
  }

  /** fork: pages whose entries are copied. */
  @Benchmark
  @OperationsPerInvocation(Arena.PAGES)
  public void fork(Parent state) {
    state.child = Optional.of(state.arena.process.fork("child"));
  }

  /** Copy-on-write: the parent writes each page that it shares. */
  @Benchmark
  @OperationsPerInvocation(Arena.PAGES)
  public void copyOnWrite(Shared state) {
    state.parent.arena.write(Arena.PAGE);
  }
}
