/** The same with the protection left out: forbidden results must be seen. */
@NullMarked
package dev.elephantfolio.concurrency.jcstress.broken;

import org.jspecify.annotations.NullMarked;
