/** Page tables: entries, tables, walks, and the cursor that alone may change them. */
@NullMarked
package dev.elephantfolio.engine.pagetable;

import org.jspecify.annotations.NullMarked;
