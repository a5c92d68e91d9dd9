package dev.elephantfolio.engine.sync;

/**
 * Something that threads share, with parts that are told apart by a number: a lock, a page table's
 * entries, the memory map.
 *
 * <p>Sync points name the place they are about to touch, so that a search over schedules can leave
 * out orders that make no difference, and a failing schedule can be told as a story.
 */
public interface SyncPlace {
  /** What {@link SyncPoints#newId} gave when this was made. */
  long syncId();

  /** A name for the part, for people: "refcount of folio 512". */
  String describePlace(long index);

  /** What a value of that part means, for people. */
  default String describeValue(long index, long value) {
    return Long.toString(value);
  }
}
