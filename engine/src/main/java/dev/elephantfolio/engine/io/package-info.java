/**
 * Those who hold a process's pages to read and write them past its page tables: direct I/O, fixed
 * buffers, pipes that were given pages, and other processes.
 */
@NullMarked
package dev.elephantfolio.engine.io;

import org.jspecify.annotations.NullMarked;
