/*
 * Folios wait in batches, one a processor, before they move to or between LRU lists. All processes
 * of a scenario run on our processor, so all of theirs wait in our processor's batches, until one
 * of the many places in the kernel that drain them is passed, or somebody else fills them up. We
 * drain them after each call, so that nobody's doings decide what the next call finds.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include "controller.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#endif

static char *scratch;

void lru_start(void) {
  scratch = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (scratch == MAP_FAILED) {
    die("no memory: %s", strerror(errno));
  }
  scratch[0] = 1;
}

/* MADV_COLD begins with a drain of the processor it is called on. */
void lru_drain_here(void) {
  madvise(scratch, PAGE_BYTES, MADV_COLD);
}

/* move_pages drains all processors; khugepaged leaves folios on the one that it ran on. */
void lru_drain_everywhere(void) {
  void *page = scratch;
  int node = 0, status;
  syscall(SYS_move_pages, 0, 1UL, &page, &node, &status, 0);
}
