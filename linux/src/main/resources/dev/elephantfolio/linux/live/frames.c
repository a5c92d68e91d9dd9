/*
 * kpagecount and kpageflags of the frames that some pages have. Frames that lie close together are
 * read at once: a stretch. Stretches are made longer until they hold whole folios: a head and all
 * the tails that follow it are one.
 */
#include "controller.h"

#define COMPOUND_TAIL (1UL << 16)
enum { GAP_FRAMES = 16, FIRST_BLOCK_FRAMES = 16 };

/*
 * Frames from first to before end, which is one more than is wanted; the first one's place in the
 * arrays is at.
 */
struct stretch {
  uint64_t first, end;
  size_t at;
};

static struct stretch *stretches;
static size_t stretch_count, stretch_capacity;
static uint64_t *flags, *counts;
static uint32_t *to_head, *orders;
static size_t frame_count, frame_capacity;
static size_t last; /* the stretch of the last question */
static int flags_file, counts_file;

void frames_start(void) {
  flags_file = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
  counts_file = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
  if (flags_file < 0 || counts_file < 0) {
    die("/proc/kpageflags and /proc/kpagecount cannot be read: %s", strerror(errno));
  }
}

static void *grown(void *array, size_t count, size_t size) {
  array = realloc(array, count * size);
  if (array == NULL) {
    die("no memory for %zu frames", count);
  }
  return array;
}

/* Of frames up to before wanted_end. */
static void add_stretch(uint64_t first, uint64_t wanted_end) {
  if (stretch_count == stretch_capacity) {
    stretch_capacity = stretch_capacity == 0 ? 1024 : 2 * stretch_capacity;
    stretches = grown(stretches, stretch_capacity, sizeof *stretches);
  }
  stretches[stretch_count++] = (struct stretch){first, wanted_end + 1, 0};
}

static int by_first(const void *one, const void *other) {
  uint64_t a = ((const struct stretch *)one)->first, b = ((const struct stretch *)other)->first;
  return a < b ? -1 : a > b;
}

static uint64_t later(uint64_t one, uint64_t other) {
  return one > other ? one : other;
}

/* Sorts the stretches and joins those that touch or nearly do. */
static void join(void) {
  qsort(stretches, stretch_count, sizeof *stretches, by_first);
  size_t kept = 0;
  for (size_t i = 1; i < stretch_count; i++) {
    if (stretches[i].first <= stretches[kept].end + GAP_FRAMES) {
      stretches[kept].end = later(stretches[kept].end, stretches[i].end);
    } else {
      stretches[++kept] = stretches[i];
    }
  }
  stretch_count = stretch_count == 0 ? 0 : kept + 1;
}

/* Frames next to each other, upwards or downwards, are a stretch. */
static void make_stretches(const struct pages *pages) {
  uint64_t first = 0, end = 0;
  stretch_count = 0;
  for (size_t i = 0; i < pages->count; i++) {
    uint64_t pfn = page_pfn(&pages->page[i]);
    if (pfn == 0) {
      continue;
    }
    if (pfn == end) {
      end++;
    } else if (pfn + 1 == first) {
      first--;
    } else if (pfn < first || pfn >= end) {
      if (end != 0) {
        add_stretch(first, end);
      }
      first = pfn;
      end = pfn + 1;
    }
  }
  if (end != 0) {
    add_stretch(first, end);
  }
  join();
}

/* Gives a stretch a place of its own for all its frames. */
static void place(struct stretch *stretch) {
  stretch->at = frame_count;
  frame_count += stretch->end - stretch->first;
  if (frame_count > frame_capacity) {
    frame_capacity = 2 * frame_count;
    flags = grown(flags, frame_capacity, sizeof *flags);
    counts = grown(counts, frame_capacity, sizeof *counts);
    to_head = grown(to_head, frame_capacity, sizeof *to_head);
    orders = grown(orders, frame_capacity, sizeof *orders);
  }
}

/* What lies beyond the end of memory reads as nothing. */
static void read_stretch(int file, uint64_t *into, const struct stretch *stretch) {
  size_t size = (stretch->end - stretch->first) * sizeof *into;
  ssize_t got = pread(file, into + stretch->at, size, (off_t)(stretch->first * sizeof *into));
  size_t done = got < 0 ? 0 : (size_t)got;
  memset((char *)(into + stretch->at) + done, 0, size - done);
}

static bool is_tail(const struct stretch *stretch, uint64_t pfn) {
  return (flags[stretch->at + (pfn - stretch->first)] & COMPOUND_TAIL) != 0;
}

/*
 * Reads the flags of a stretch, and makes it longer by and by where it cuts a folio: where it
 * begins with a tail, or ends with one: what follows a folio's last page is none.
 */
static void read_flags(struct stretch *stretch) {
  bool cut = true;
  for (uint64_t block = FIRST_BLOCK_FRAMES; cut; block *= 4) {
    place(stretch);
    read_stretch(flags_file, flags, stretch);
    bool cut_first = is_tail(stretch, stretch->first);
    bool cut_last = is_tail(stretch, stretch->end - 1);
    if (cut_first) {
      stretch->first = (stretch->first - 1) / block * block;
    }
    if (cut_last) {
      stretch->end = (stretch->end / block + 1) * block + 1;
    }
    cut = cut_first || cut_last;
  }
}

static uint32_t order_of(uint64_t frames) {
  return frames <= 1 ? 0 : 64 - (uint32_t)__builtin_clzll(frames - 1);
}

/* Finds the folios in a stretch. */
static void find_folios(const struct stretch *stretch) {
  size_t at = stretch->at, end = at + (stretch->end - stretch->first), head = at;
  for (size_t i = at; i < end; i++) {
    if ((flags[i] & COMPOUND_TAIL) == 0) {
      head = i;
    }
    to_head[i] = (uint32_t)(i - head);
    orders[head] = order_of(i - head + 1);
  }
}

void frames_read(const struct pages *pages) {
  make_stretches(pages);
  frame_count = 0;
  for (size_t i = 0; i < stretch_count; i++) {
    read_flags(&stretches[i]);
    read_stretch(counts_file, counts, &stretches[i]);
    find_folios(&stretches[i]);
  }
  last = 0;
}

/* The last frame is there only to show where the one before ends: its own folio may be cut. */
static bool holds(const struct stretch *stretch, uint64_t pfn) {
  return pfn >= stretch->first && pfn < stretch->end - 1;
}

/* One of the frames that were read. */
struct frame frame_of(uint64_t pfn) {
  if (!holds(&stretches[last], pfn)) {
    size_t low = 0, high = stretch_count;
    while (high - low > 1) {
      size_t middle = (low + high) / 2;
      if (stretches[middle].first <= pfn) {
        low = middle;
      } else {
        high = middle;
      }
    }
    last = low;
  }
  size_t at = stretches[last].at + (pfn - stretches[last].first);
  size_t head = at - to_head[at];
  return (struct frame){flags[at], counts[at], pfn - to_head[at], orders[head]};
}
