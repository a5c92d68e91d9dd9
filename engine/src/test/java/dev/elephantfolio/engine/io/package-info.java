/** Tests of those who hold pages of processes. */
@org.jspecify.annotations.NullMarked
package dev.elephantfolio.engine.io;
