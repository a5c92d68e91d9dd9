/* smaps, of which only the areas in the asked ranges are passed on, as the kernel writes them. */
#include "controller.h"

/* How far a text that comes in pieces has been gone through. */
struct walk {
  struct buffer *out;
  const struct range *ranges;
  int count;
  bool wanted; /* the lines of this area are */
  bool past;   /* no further area can be wanted */
};

static struct buffer text;

static void look_at_head(struct walk *walk, const char *line) {
  char *end;
  uint64_t start = strtoull(line, &end, 16);
  uint64_t until = strtoull(end + 1, NULL, 16);
  walk->wanted = false;
  walk->past = true;
  for (int i = 0; i < walk->count; i++) {
    walk->wanted |= start < walk->ranges[i].end && until > walk->ranges[i].start;
    walk->past &= start >= walk->ranges[i].end;
  }
}

static bool is_head(const char *line) {
  return (*line >= '0' && *line <= '9') || (*line >= 'a' && *line <= 'f');
}

/* Takes the whole lines of the text, and keeps the rest. */
static void take_lines(struct walk *walk) {
  char *line = text.bytes, *limit = text.bytes + text.size, *end;
  while (!walk->past && (end = memchr(line, '\n', (size_t)(limit - line))) != NULL) {
    if (is_head(line)) {
      look_at_head(walk, line);
    }
    if (walk->wanted) {
      buffer_add(walk->out, line, (size_t)(end + 1 - line));
    }
    line = end + 1;
  }
  text.size = (size_t)(limit - line);
  memmove(text.bytes, line, text.size);
}

static ssize_t read_more(int file) {
  enum { STEP = 1 << 14 };
  char *room = buffer_room(&text, STEP);
  ssize_t got = read(file, room, STEP);
  text.size -= STEP - (got > 0 ? (size_t)got : 0);
  return got;
}

/* Appends a size in bytes and the text; false when the process cannot be looked into. */
bool areas_append(struct buffer *out, int pid, const struct range *ranges, int count) {
  struct walk walk = {out, ranges, count, false, count == 0};
  char name[40];
  size_t size_at = out->size;
  snprintf(name, sizeof name, "/proc/%d/smaps", pid);
  int file = open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return false;
  }
  buffer_add_word(out, 0);
  text.size = 0;
  while (!walk.past && read_more(file) > 0) {
    take_lines(&walk);
  }
  close(file);
  buffer_set_word(out, size_at, out->size - size_at - sizeof(uint64_t));
  return true;
}
