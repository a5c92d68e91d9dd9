/** What was found, as scenario files with both sides' states. */
@NullMarked
package dev.elephantfolio.conformance.report;

import org.jspecify.annotations.NullMarked;
