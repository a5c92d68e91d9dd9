package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.lab.scenario.Snapshot.AreaView;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import dev.elephantfolio.lab.scenario.Snapshot.ProcessView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A snapshot for a reader: a line an area, and below it a line for each run of pages that are
 * alike.
 *
 * <pre>
 * A
 *   a 0..2M rw-p  Rss 2M  Anonymous 2M  AnonHugePages 2M  [rd wr mr mw me ac]
 *     0..511  folio 0, order 9, index 0..511  pmd exclusive mapcount=1 value=7
 * </pre>
 */
public final class SnapshotText {
  /** The same for nearly every area, or told by its range. */
  private static final List<SmapsField> LEFT_OUT =
      List.of(SmapsField.SIZE, SmapsField.KERNEL_PAGE_SIZE, SmapsField.MMU_PAGE_SIZE);

  private final StringBuilder text = new StringBuilder();

  private SnapshotText() {}

  /** Lines, each with its end. */
  public static String of(Snapshot snapshot) {
    SnapshotText made = new SnapshotText();
    snapshot.processes().forEach(made::process);
    if (!snapshot.counters().isEmpty()) {
      made.text.append("counters\n");
      snapshot
          .counters()
          .forEach((name, value) -> made.line("  ", name + (value < 0 ? " " : " +") + value));
    }
    return made.text.toString();
  }

  private void line(String indent, String line) {
    text.append(indent).append(line).append('\n');
  }

  private void process(String name, ProcessView process) {
    line("", name);
    int next = 0;
    for (AreaView area : process.areas()) {
      line("  ", area(area));
      int first = next;
      while (next < process.pages().size() && isIn(process.pages().get(next), area)) {
        next++;
      }
      pages(process.pages().subList(first, next));
    }
  }

  private static boolean isIn(PageView page, AreaView area) {
    long at = page.page() * Contents.PAGE_SIZE;
    return page.region().equals(area.region()) && at >= area.startBytes() && at < area.endBytes();
  }

  private static String area(AreaView area) {
    StringBuilder line = new StringBuilder();
    line.append(area.region()).append(' ').append(signed(area.startBytes())).append("..");
    line.append(signed(area.endBytes())).append(' ').append(area.permissions());
    for (Map.Entry<SmapsField, Long> field : area.smaps().entrySet()) {
      if (field.getValue() != 0 && !LEFT_OUT.contains(field.getKey())) {
        line.append("  ").append(field.getKey().kernelName()).append(' ');
        line.append(Sizes.print(field.getValue()));
      }
    }
    return line.append("  ").append(area.flags()).toString().replace(", ", " ");
  }

  private static String signed(long bytes) {
    return bytes < 0 ? "-" + Sizes.print(-bytes) : Sizes.print(bytes);
  }

  private void pages(List<PageView> pages) {
    int first = 0;
    for (int i = 1; i <= pages.size(); i++) {
      if (i == pages.size() || !follows(pages.get(i - 1), pages.get(i))) {
        line("    ", run(pages.get(first), pages.get(i - 1)));
        first = i;
      }
    }
  }

  /** Whether a page continues a run. */
  private static boolean follows(PageView last, PageView page) {
    boolean sameFolio = page.folio() == last.folio() && page.index() == last.index() + 1;
    boolean nextSmallFolio = page.folio() == last.folio() + 1 && page.order() == 0;
    return page.page() == last.page() + 1
        && (sameFolio || nextSmallFolio || !page.present())
        && page.order() == last.order()
        && page.mapCount() == last.mapCount()
        && Objects.equals(page.value(), last.value())
        && marks(page).equals(marks(last));
  }

  private static List<String> marks(PageView page) {
    List<String> marks = new ArrayList<>();
    for (PageMark mark : PageMark.values()) {
      if (is(page, mark)) {
        marks.add(mark.word());
      }
    }
    return marks;
  }

  private static boolean is(PageView page, PageMark mark) {
    return switch (mark) {
      case PRESENT -> page.present();
      case EXCLUSIVE -> page.exclusive();
      case SWAPPED -> page.swapped();
      case GUARD -> page.guard();
      case FILE -> page.file();
      case PMD -> page.pmd();
      case ZERO -> page.zero();
      case KSM -> page.ksm();
    };
  }

  private static String run(PageView first, PageView last) {
    StringBuilder line = new StringBuilder(span(first.page(), last.page()));
    if (first.present()) {
      line.append("  folio ").append(span(first.folio(), last.folio()));
      line.append(", order ").append(first.order());
      if (first.order() > 0) {
        line.append(", index ").append(span(first.index(), last.index()));
      }
    }
    line.append("  ").append(String.join(" ", marks(first)));
    if (first.present()) {
      line.append(" mapcount=").append(first.mapCount());
    }
    if (first.value() != null) {
      line.append(" value=").append(Long.toUnsignedString(first.value()));
    }
    return line.toString();
  }

  private static String span(long first, long last) {
    return first == last ? Long.toString(first) : first + ".." + last;
  }
}
