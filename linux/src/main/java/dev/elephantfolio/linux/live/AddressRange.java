package dev.elephantfolio.linux.live;

/**
 * Addresses of a process, at page boundaries.
 *
 * @param startAddress the first
 * @param endAddress the first behind them
 */
public record AddressRange(long startAddress, long endAddress) {
  public AddressRange {
    if (Long.compareUnsigned(startAddress, endAddress) > 0) {
      throw new IllegalArgumentException(
          Long.toHexString(startAddress) + "-" + Long.toHexString(endAddress));
    }
  }
}
