package dev.elephantfolio.linux.live;

import java.nio.LongBuffer;

/**
 * How loads from page after page ended.
 *
 * @param signal 11 or 7, which ended them; 0 when all went well
 * @param words what those that went well have loaded
 */
public record LiveLoad(int signal, LongBuffer words) {}
