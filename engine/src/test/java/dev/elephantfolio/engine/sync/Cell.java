package dev.elephantfolio.engine.sync;

/** A number that tasks share, and tell of. */
final class Cell implements SyncPlace {
  private final long syncId = SyncPoints.newId();
  private final String name;
  private long value;

  Cell(String name) {
    this.name = name;
  }

  long get() {
    SyncPoints.reach(SyncPoint.LOAD, this, 0);
    SyncPoints.read(this, 0, value);
    return value;
  }

  void set(long to) {
    SyncPoints.reach(SyncPoint.STORE, this, 0);
    SyncPoints.changed(this, 0, value, to);
    value = to;
  }

  /** Adds without looking what comes of it. */
  void add(long n) {
    SyncPoints.reach(SyncPoint.STORE, this, 0);
    SyncPoints.changed(this, 0, value, value + n);
    value += n;
  }

  /** As one who forgets to tell. */
  long peek() {
    return value;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return name;
  }
}
