package dev.elephantfolio.engine.sync;

/**
 * Keeps the fields of a subclass off the cache lines of whatever lies before it in memory, for what
 * one processor writes often. A class keeps off what lies behind by another sixteen longs, in a
 * subclass of the one that has the fields: the JVM puts a superclass's fields first.
 */
@SuppressWarnings("unused")
public abstract class PaddedBefore {
  /** Beside the head of the object, where a field of a subclass would be put else. */
  private int gap;

  private long b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15;

  /** For subclasses. */
  protected PaddedBefore() {}
}
