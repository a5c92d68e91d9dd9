/** Tests of get_user_pages and its users. */
@org.jspecify.annotations.NullMarked
package dev.elephantfolio.engine.gup;
