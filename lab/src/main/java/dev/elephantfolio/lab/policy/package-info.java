/** Named settings of huge pages: the built-in ones and those of a user's file. */
@NullMarked
package dev.elephantfolio.lab.policy;

import org.jspecify.annotations.NullMarked;
