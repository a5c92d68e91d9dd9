/** What the kernel tells of processes and of itself, read from procfs. */
@NullMarked
package dev.elephantfolio.linux.proc;

import org.jspecify.annotations.NullMarked;
