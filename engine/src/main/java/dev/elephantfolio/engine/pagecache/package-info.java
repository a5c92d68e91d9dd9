/**
 * Files and shared memory. A plain model: a touched page is there once and stays, shared by all who
 * map it; a private write makes an anonymous copy.
 */
@NullMarked
package dev.elephantfolio.engine.pagecache;

import org.jspecify.annotations.NullMarked;
