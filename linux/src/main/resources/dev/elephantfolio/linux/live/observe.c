/*
 * The state of some processes:
 *
 *   asked     flags, number of processes, their slots, number of ranges, start and end of each
 *   answered  for each process: size of the text, the entries of smaps; then number of pages, and
 *             for each page: address, pagemap entry, kpageflags, first frame of the folio, value,
 *             and a word of kpagecount (32 bits), order (8), what PAGEMAP_SCAN says (16), process
 *             (7), whether there is a value (1)
 */
#include "controller.h"

enum { WITH_VALUES = 1, RANGES_MAX = 1024, PAGE_WORDS = 6 };

static struct pages pages;
static struct range ranges[RANGES_MAX];
static bool by_frames;

/* An observation as it was asked for. */
struct question {
  bool with_values;
  int slots[USABLE_SLOTS], slot_count, range_count;
};

/* Ranges that touch count as one. */
static void add_range(struct question *question, struct range range) {
  struct range *before = question->range_count == 0 ? NULL : &ranges[question->range_count - 1];
  if (before != NULL && before->end == range.start) {
    before->end = range.end;
  } else {
    ranges[question->range_count++] = range;
  }
}

static bool parse(const struct request *request, struct question *question) {
  const uint64_t *word = request->words, *end = word + request->count;
  *question = (struct question){.with_values = (*word++ & WITH_VALUES) != 0};
  uint64_t slots = *word++;
  if (slots > USABLE_SLOTS || word + slots + 1 > end) {
    return false;
  }
  while (slots-- > 0) {
    question->slots[question->slot_count++] = (int)*word++;
  }
  uint64_t count = *word++;
  if (count > RANGES_MAX || word + 2 * count != end) {
    return false;
  }
  while (count-- > 0) {
    add_range(question, (struct range){word[0], word[1]});
    word += 2;
  }
  return true;
}

/* A run of present pages of one process, from one on; how many. */
static size_t run_length(size_t from) {
  size_t at = from;
  while (at < pages.count && at - from < WORDS_MAX && page_pfn(&pages.page[at]) != 0 &&
         pages.page[at].process == pages.page[from].process &&
         pages.page[at].address == pages.page[from].address + (at - from) * PAGE_BYTES) {
    at++;
  }
  return at - from;
}

/*
 * Has the processes load the words themselves, which marks the pages as accessed: the last thing
 * that an observation does. What cannot be read meets SIGSEGV and stays without a value.
 */
static bool load_values(const struct question *question) {
  for (size_t at = 0; at < pages.count;) {
    size_t length = run_length(at);
    int loader = process_loader(question->slots[pages.page[at].process]);
    uint64_t loaded = 0;
    if (length > 0 && !process_load(loader, pages.page[at].address, length, &loaded)) {
      return false;
    }
    for (uint64_t i = 0; i < loaded; i++) {
      pages.page[at + i].value = process_words()[i];
      pages.page[at + i].has_value = true;
    }
    at += loaded == length && length > 0 ? length : loaded + 1;
  }
  return true;
}

static void append_page(struct buffer *out, const struct page *page) {
  struct frame frame = {0, 0, 0, 0};
  if (page_pfn(page) != 0) {
    frame = frame_of(page_pfn(page));
  }
  const uint64_t small = (frame.map_count & 0xffffffff) | (uint64_t)frame.order << 32 |
                         page->categories << 40 | (uint64_t)page->process << 56 |
                         (uint64_t)page->has_value << 63;
  const uint64_t words[PAGE_WORDS] = {page->address,  page->entry, frame.flags,
                                      frame.head_pfn, page->value, small};
  buffer_add(out, words, sizeof words);
}

/* The areas and pages of all processes; false when one cannot be looked into. */
static bool collect(struct buffer *out, const struct question *question) {
  pages.count = 0;
  for (int i = 0; i < question->slot_count; i++) {
    int pid = process_pid(question->slots[i]);
    if (!areas_append(out, pid, ranges, question->range_count) ||
        !pages_append(&pages, i, pid, ranges, question->range_count)) {
      return false;
    }
  }
  return true;
}

/* by_frames: whether values can be read without the processes' help. */
void observe_start(bool values_by_frames) {
  by_frames = values_by_frames;
}

void observe(const struct request *request) {
  static struct question question;
  if (!parse(request, &question)) {
    reply_refusal("an observation that is asked for wrongly");
    return;
  }
  lru_drain_here();
  struct buffer *out = reply_begin();
  if (!collect(out, &question)) {
    reply_refusal("a process cannot be looked into: %s", strerror(errno));
    return;
  }
  frames_read(&pages);
  if (question.with_values && by_frames) {
    values_read(&pages);
  } else if (question.with_values && !load_values(&question)) {
    return;
  }
  buffer_add_word(out, pages.count);
  for (size_t i = 0; i < pages.count; i++) {
    append_page(out, &pages.page[i]);
  }
  reply_end();
}
