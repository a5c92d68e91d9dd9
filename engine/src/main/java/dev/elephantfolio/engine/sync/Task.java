package dev.elephantfolio.engine.sync;

/** What one thread of a run does. */
public record Task(String name, Runnable body) {}
