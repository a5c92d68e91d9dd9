/** The order of locks is checked, and the check notices what would end in a deadlock. */
@NullMarked
package dev.elephantfolio.concurrency.lockorder;

import org.jspecify.annotations.NullMarked;
