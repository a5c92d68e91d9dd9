/** What the rooms of the laboratory share. */
@NullMarked
package dev.elephantfolio.lab;

import org.jspecify.annotations.NullMarked;
