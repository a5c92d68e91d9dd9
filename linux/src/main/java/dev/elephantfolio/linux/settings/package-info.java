/** The kernel's memory settings: read, changed for a while, and put back. */
@NullMarked
package dev.elephantfolio.linux.settings;

import org.jspecify.annotations.NullMarked;
