package dev.elephantfolio.trace;

import java.util.zip.CRC32C;

/** The fixed parts of the file format; {@code docs/recording-format.md} says them in full. */
final class Layout {
  /** First byte not ASCII, then CR LF, ^Z, LF: what mangles text or strips a bit shows at once. */
  static final long FILE_MAGIC = 0x0A1A0A0D_54464589L;

  static final int BLOCK_MAGIC = 0x4B424645; // "EFBK"
  static final int FOOTER_MAGIC = 0x54464645; // "EFFT"
  static final int TRAILER_MAGIC = 0x5A544645; // "EFTZ"

  /** Bytes before the file header's body; its checksum is the last four of them. */
  static final int FILE_PREFIX_BYTES = 20;

  /** Bytes of a block's header; its own checksum is the last four of them. */
  static final int BLOCK_HEADER_BYTES = 44;

  /** Bytes before the footer's body; their own checksum is the last four of them. */
  static final int FOOTER_PREFIX_BYTES = 16;

  static final int TRAILER_BYTES = 16;

  /** No header, footer or block may claim to be longer; a claim beyond it is damage. */
  static final int LENGTH_LIMIT_BYTES = 1 << 28;

  private Layout() {}

  static int checksum(byte[] bytes, int from, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, count);
    return (int) crc.getValue();
  }

  /** The checksum of two runs of bytes, one after the other. */
  static int checksum(byte[] first, int firstCount, byte[] second, int secondCount) {
    CRC32C crc = new CRC32C();
    crc.update(first, 0, firstCount);
    crc.update(second, 0, secondCount);
    return (int) crc.getValue();
  }
}
