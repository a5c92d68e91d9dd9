package dev.elephantfolio.concurrency.jcstress.broken;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A table whose entries are stored and loaded plainly: contents may be seen before they are clear.
 */
@JCStressTest
@Outcome(id = "0, -1", expect = Expect.ACCEPTABLE, desc = "not mapped yet")
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "mapped and clear")
@Outcome(id = ".*", expect = Expect.FORBIDDEN, desc = "somebody else's data")
@State
public class PublishesByPlainStore {
  private int entry;
  private int contents = 7;

  /** A fault. */
  @Actor
  public void map() {
    contents = 0;
    entry = 1;
  }

  @Actor
  public void read(II_Result result) {
    int found = entry;
    int seen = contents;
    result.r1 = found;
    result.r2 = found == 1 ? seen : -1;
  }
}
