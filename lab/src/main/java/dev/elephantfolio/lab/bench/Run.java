package dev.elephantfolio.lab.bench;

import java.io.IOException;

/** A workload made ready to be measured, pass after pass. Used by one thread. */
interface Run extends AutoCloseable {
  /**
   * Does the work once; only what is to be measured is timed.
   *
   * @return how many operations were timed
   */
  long pass(Stopwatch watch) throws IOException;

  @Override
  default void close() throws IOException {}
}
