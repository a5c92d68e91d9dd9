/**
 * get_user_pages: holding the pages behind a range of a process's addresses, whatever becomes of
 * the mapping; and those who do so.
 */
@NullMarked
package dev.elephantfolio.engine.gup;

import org.jspecify.annotations.NullMarked;
