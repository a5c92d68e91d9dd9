/** What the engine does: no forbidden result may ever be seen. */
@NullMarked
package dev.elephantfolio.concurrency.jcstress.sound;

import org.jspecify.annotations.NullMarked;
