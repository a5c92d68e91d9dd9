/** Recording a program with perf's tracepoints. */
@NullMarked
package dev.elephantfolio.linux.record;

import org.jspecify.annotations.NullMarked;
