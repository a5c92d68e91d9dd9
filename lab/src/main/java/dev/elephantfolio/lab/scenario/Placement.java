package dev.elephantfolio.lab.scenario;

/** Where mmap is to place a mapping. */
public sealed interface Placement {
  /** At the place named, in the region's own window. */
  record Here() implements Placement {}

  /** {@code at=b+4M}: at another place; the name then stands for it. */
  record At(Place place) implements Placement {}

  /** {@code anywhere}: where the kernel likes; the name then stands for it. */
  record Anywhere() implements Placement {}

  Placement HERE = new Here();
  Placement ANYWHERE = new Anywhere();
}
