/** Tests of secondary MMUs. */
@NullMarked
package dev.elephantfolio.engine.secondary;

import org.jspecify.annotations.NullMarked;
