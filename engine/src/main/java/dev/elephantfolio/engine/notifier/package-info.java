/**
 * mmu notifiers: telling those who keep translations of their own of a process's memory that a
 * range of it changes.
 */
@NullMarked
package dev.elephantfolio.engine.notifier;

import org.jspecify.annotations.NullMarked;
