/** Claims about the order of memory accesses, tried on real processors by jcstress. */
@NullMarked
package dev.elephantfolio.concurrency.jcstress;

import org.jspecify.annotations.NullMarked;
