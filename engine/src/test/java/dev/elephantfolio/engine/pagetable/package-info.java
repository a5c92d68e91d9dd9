@NullMarked
package dev.elephantfolio.engine.pagetable;

import org.jspecify.annotations.NullMarked;
