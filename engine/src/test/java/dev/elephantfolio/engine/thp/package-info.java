@NullMarked
package dev.elephantfolio.engine.thp;

import org.jspecify.annotations.NullMarked;
