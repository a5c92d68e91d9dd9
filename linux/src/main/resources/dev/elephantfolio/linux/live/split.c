/*
 * Folios split on demand: by debugfs's split_huge_pages where it may be written. Where it is
 * locked down, folios that one process alone has, and has not locked, are split into single pages
 * by MADV_COLD on one of their pages. The advice also marks that page as not accessed. smaps tells
 * whether it was; if so it is read again.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "controller.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#endif
#define COMPOUND (1UL << 15 | 1UL << 16)
#define ZERO_PAGE (1UL << 24)

static int file = -1;

/* debugfs is mounted where only we see it, so nothing is left to unmount. */
void split_start(void) {
  static const char place[] = "/sys/kernel/debug";
  static const char name[] = "/sys/kernel/debug/split_huge_pages";
  file = open(name, O_WRONLY | O_CLOEXEC);
  if (file < 0 && unshare(CLONE_NEWNS) == 0 &&
      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
      mount("debugfs", place, "debugfs", 0, NULL) == 0) {
    file = open(name, O_WRONLY | O_CLOEXEC);
  }
}

bool split_by_file(void) {
  return file >= 0;
}

static int64_t write_file(int pid, uint64_t start, uint64_t end, uint64_t order) {
  char line[100];
  int size = snprintf(line, sizeof line, "%d,0x%lx,0x%lx,%lu", pid, start, end, order);
  return pwrite(file, line, (size_t)size, 0) < 0 ? -errno : 0;
}

/* The folios in the range that have more than one page. */
static struct page *next_large(struct pages *pages, size_t *from) {
  while (*from < pages->count) {
    struct page *page = &pages->page[(*from)++];
    uint64_t pfn = page_pfn(page);
    uint64_t flags = pfn == 0 ? 0 : frame_of(pfn).flags;
    if ((flags & COMPOUND) != 0 && (flags & ZERO_PAGE) == 0) {
      return page;
    }
  }
  return NULL;
}

static bool look(struct pages *pages, int slot, const struct range *range) {
  pages->count = 0;
  if (!pages_append(pages, 0, process_pid(slot), range, 1)) {
    reply_refusal("a process cannot be looked into: %s", strerror(errno));
    return false;
  }
  frames_read(pages);
  return true;
}

/* How much of the page's area smaps counts as referenced. */
static uint64_t referenced_kib(int slot, uint64_t address) {
  static struct buffer text;
  const struct range page = {address, address + PAGE_BYTES};
  text.size = 0;
  areas_append(&text, process_pid(slot), &page, 1);
  buffer_add(&text, "", 1);
  const char *field = strstr(text.bytes + sizeof(uint64_t), "Referenced:");
  return field == NULL ? 0 : strtoull(field + strlen("Referenced:"), NULL, 10);
}

/* Splits the folio of a page; false after a refusal. */
static bool advise_cold(int slot, uint64_t address) {
  const uint64_t call[7] = {SYS_madvise, address, PAGE_BYTES, MADV_COLD, 0, 0, 0};
  int64_t result;
  uint64_t loaded = 1, before = referenced_kib(slot, address);
  if (!process_call(slot, CALL, call, 7, &result)) {
    return false;
  }
  if (referenced_kib(slot, address) < before && !process_load(slot, address, 1, &loaded)) {
    return false;
  }
  if (loaded == 0) {
    reply_refusal("split: debugfs is locked down, and without it a folio in an area that cannot "
                  "be read cannot be split unchanged");
  }
  return loaded == 1;
}

static bool advise_all(int slot, const struct range *range) {
  static struct pages pages;
  struct page *page;
  uint64_t last_head = 0;
  if (!look(&pages, slot, range)) {
    return false;
  }
  for (size_t next = 0; (page = next_large(&pages, &next)) != NULL;) {
    uint64_t head = frame_of(page_pfn(page)).head_pfn;
    if (head != last_head && !advise_cold(slot, page->address)) {
      return false;
    }
    last_head = head;
  }
  size_t first = 0;
  if (!look(&pages, slot, range)) {
    return false;
  }
  if (next_large(&pages, &first) != NULL) {
    reply_refusal("split: debugfs is locked down, and without it a folio that is shared or locked "
                  "cannot be split");
    return false;
  }
  return true;
}

/* Answers 0 or -errno, or refuses. */
void split(int slot, uint64_t start, uint64_t end, uint64_t order) {
  const struct range range = {start & ~(PAGE_BYTES - 1), end & ~(PAGE_BYTES - 1)};
  if (file >= 0) {
    int64_t result = write_file(process_pid(slot), start, end, order);
    lru_drain_here();
    reply_word((uint64_t)result);
  } else if (order != 0) {
    reply_refusal("split: debugfs is locked down, and without it folios are split to order 0 only");
  } else if (advise_all(slot, &range)) {
    reply_word(0);
  }
}
