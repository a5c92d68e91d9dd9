/**
 * Secondary MMUs: those who translate addresses of a process by tables of their own, or remember
 * what its own tables said, and hold no page for it.
 */
@NullMarked
package dev.elephantfolio.engine.secondary;

import org.jspecify.annotations.NullMarked;
