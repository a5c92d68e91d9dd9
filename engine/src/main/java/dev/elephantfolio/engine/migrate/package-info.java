/** Folios that leave their mappings for a while, to be split or moved. */
@NullMarked
package dev.elephantfolio.engine.migrate;

import org.jspecify.annotations.NullMarked;
