/** Tests of mmu notifiers. */
@NullMarked
package dev.elephantfolio.engine.notifier;

import org.jspecify.annotations.NullMarked;
