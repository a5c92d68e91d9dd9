package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.PagemapEntry;

/**
 * The picture of one 2 MiB place of a process: what each of its 512 pages is, as runs.
 *
 * <pre>
 *  H  mapped by a huge entry          Z  the huge zero page
 *  h  a page of a folio of order 9    z  the zero page
 *  m  a page of another large folio   g  a guard
 *  p  a small page                    .  nothing
 * </pre>
 *
 * {@code "5p 507."} is five small pages and then nothing.
 */
final class Table {
  private static final long PAGE = 4096;
  private static final int PAGES = 512;

  private Table() {}

  static String picture(Process process, long hugeAddress) {
    StringBuilder picture = new StringBuilder();
    char run = letter(process.pagemap(hugeAddress));
    int length = 0;
    for (int i = 0; i < PAGES; i++) {
      char letter = letter(process.pagemap(hugeAddress + i * PAGE));
      if (letter != run) {
        picture.append(length).append(run).append(' ');
        run = letter;
        length = 0;
      }
      length++;
    }
    return picture.append(length).append(run).toString();
  }

  private static char letter(PagemapEntry page) {
    if (page.guard()) {
      return 'g';
    }
    if (!page.present()) {
      return '.';
    }
    if (page.zero()) {
      return page.pmd() ? 'Z' : 'z';
    }
    if (page.pmd()) {
      return 'H';
    }
    return switch (page.order()) {
      case 0 -> 'p';
      case 9 -> 'h';
      default -> 'm';
    };
  }
}
