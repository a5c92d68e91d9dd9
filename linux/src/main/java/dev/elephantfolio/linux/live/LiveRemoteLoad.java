package dev.elephantfolio.linux.live;

import java.nio.LongBuffer;

/**
 * How loads by another process from page after page ended.
 *
 * @param errno which ended them; 0 when all went well
 * @param words what those that went well have loaded
 */
public record LiveRemoteLoad(int errno, LongBuffer words) {}
