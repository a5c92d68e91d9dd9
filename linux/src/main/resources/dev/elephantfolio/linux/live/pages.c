/* pagemap: where something is (PAGEMAP_SCAN steps over holes), and its entries there. */
#include <sys/ioctl.h>

#include "controller.h"

/* As linux/fs.h of a new enough kernel has them; see Documentation/admin-guide/mm/pagemap.rst. */
struct found {
  uint64_t start, end, categories;
};
struct scan {
  uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
  uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_CALL _IOWR('f', 16, struct scan)
enum { IS_FILE = 1 << 2, IS_PRESENT = 1 << 3, IS_SWAPPED = 1 << 4, IS_ZERO = 1 << 5, IS_HUGE = 1 << 6 };

/* No more than the kernel's own buffer holds: where it fills that several times for one of ours, it
 * says in the end where it was when it was last full, not how far it came. */
enum { FOUND_MAX = 512 };
enum { ENTRIES_MAX = 4096 };
#define ENTRY_PRESENT (1UL << 63)
#define ENTRY_PFN ((1UL << 55) - 1)

static struct found found[FOUND_MAX];
static uint64_t entries[ENTRIES_MAX];

uint64_t page_pfn(const struct page *page) {
  return (page->entry & ENTRY_PRESENT) != 0 ? page->entry & ENTRY_PFN : 0;
}

static int open_pagemap(int pid) {
  char name[40];
  snprintf(name, sizeof name, "/proc/%d/pagemap", pid);
  return open(name, O_RDONLY | O_CLOEXEC);
}

static long scan(int file, uint64_t start, uint64_t end, uint64_t *walk_end) {
  struct scan arguments = {
      .size = sizeof arguments,
      .start = start,
      .end = end,
      .vec = (uint64_t)found,
      .vec_len = FOUND_MAX,
      .category_anyof_mask = IS_PRESENT | IS_SWAPPED,
      .return_mask = IS_PRESENT | IS_SWAPPED | IS_FILE | IS_ZERO | IS_HUGE};
  long count = ioctl(file, SCAN_CALL, &arguments);
  *walk_end = arguments.walk_end;
  return count;
}

/* Makes sure that this kernel has the call, and shows us frame numbers. */
void pages_check(void) {
  static char ours[PAGE_BYTES] __attribute__((aligned(4096)));
  uint64_t walk_end, entry = 0, at = (uint64_t)ours;
  ours[0] = 1;
  int file = open_pagemap(getpid());
  if (file < 0 || scan(file, at, at + PAGE_BYTES, &walk_end) < 0) {
    die("this kernel has no PAGEMAP_SCAN (Linux 6.7 and later do): %s", strerror(errno));
  }
  if (pread(file, &entry, sizeof entry, (off_t)(at / PAGE_BYTES * sizeof entry)) != sizeof entry ||
      (entry & ENTRY_PFN) == 0) {
    die("/proc/self/pagemap does not show frame numbers: run as root");
  }
  close(file);
}

static struct page *room(struct pages *pages) {
  if (pages->count == pages->capacity) {
    pages->capacity = pages->capacity == 0 ? 4096 : 2 * pages->capacity;
    pages->page = realloc(pages->page, pages->capacity * sizeof *pages->page);
    if (pages->page == NULL) {
      die("no memory for %zu pages", pages->capacity);
    }
  }
  return &pages->page[pages->count++];
}

static bool append_found(struct pages *pages, int process, int file, const struct found *where) {
  for (uint64_t at = where->start; at < where->end;) {
    uint64_t count = (where->end - at) / PAGE_BYTES;
    count = count < ENTRIES_MAX ? count : ENTRIES_MAX;
    ssize_t size = (ssize_t)(count * sizeof *entries);
    if (pread(file, entries, (size_t)size, (off_t)(at / PAGE_BYTES * sizeof *entries)) != size) {
      return false;
    }
    for (uint64_t i = 0; i < count; i++) {
      *room(pages) = (struct page){
          at + i * PAGE_BYTES, entries[i], where->categories, 0, (uint32_t)process, false};
    }
    at += count * PAGE_BYTES;
  }
  return true;
}

static bool append_range(struct pages *pages, int process, int file, const struct range *range) {
  uint64_t start = range->start;
  while (start < range->end) {
    long count = scan(file, start, range->end, &start);
    if (count < 0) {
      return false;
    }
    for (long i = 0; i < count; i++) {
      if (!append_found(pages, process, file, &found[i])) {
        return false;
      }
    }
  }
  return true;
}

/* Appends the present and the swapped pages of a process. */
bool pages_append(struct pages *pages, int process, int pid, const struct range *ranges,
                  int count) {
  int file = open_pagemap(pid);
  bool all = file >= 0;
  for (int i = 0; all && i < count; i++) {
    all = append_range(pages, process, file, &ranges[i]);
  }
  if (file >= 0) {
    close(file);
  }
  return all;
}
