package dev.elephantfolio.linux.live;

/**
 * How stores to page after page ended.
 *
 * @param signal 11 or 7, which ended them; 0 when all went well
 * @param pages how many went well
 */
public record LiveStore(int signal, long pages) {}
