/** The real machine that programs are recorded and measured on. */
@NullMarked
package dev.elephantfolio.linux;

import org.jspecify.annotations.NullMarked;
