@NullMarked
package dev.elephantfolio.engine.mm;

import org.jspecify.annotations.NullMarked;
