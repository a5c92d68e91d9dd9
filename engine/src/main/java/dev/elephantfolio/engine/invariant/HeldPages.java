package dev.elephantfolio.engine.invariant;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.gup.PinnedPages;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What get_user_pages holds of each folio, counted page by page. */
final class HeldPages {
  /** By folio. */
  private final Map<Integer, Integer> references = new HashMap<>();

  private final Map<Integer, Integer> pins = new HashMap<>();

  HeldPages(Kernel kernel) {
    for (PinnedPages held : kernel.pins().all()) {
      for (int i = 0; i < held.count(); i++) {
        if (held.pfn(i) != 0) {
          add(kernel, held.pfn(i), held.isPinned());
        }
      }
    }
  }

  private void add(Kernel kernel, int page, boolean pinned) {
    if (pinned && kernel.folioPins().isUncounted(page)) {
      return;
    }
    int head = kernel.memMap().head(page);
    references.merge(head, kernel.folioPins().referencesOfOne(head, pinned), Integer::sum);
    if (pinned) {
      pins.merge(head, 1, Integer::sum);
    }
  }

  /** The folios that are held, by their heads. */
  Set<Integer> heads() {
    return references.keySet();
  }

  /** How many references of the folio are explained by this. */
  int references(int head) {
    return references.getOrDefault(head, 0);
  }

  /** How often pages of the folio are pinned. */
  int pins(int head) {
    return pins.getOrDefault(head, 0);
  }
}
