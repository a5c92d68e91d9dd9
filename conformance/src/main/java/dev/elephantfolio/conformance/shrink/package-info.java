/** A program that shows a difference becomes the smallest one that still does. */
@NullMarked
package dev.elephantfolio.conformance.shrink;

import org.jspecify.annotations.NullMarked;
