/** Page faults: from a missing translation to a mapped page. */
@NullMarked
package dev.elephantfolio.engine.fault;

import org.jspecify.annotations.NullMarked;
