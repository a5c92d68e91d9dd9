/*
 * Pages that processes hold by other ways than their page tables:
 *
 *   a pin     a buffer registered with io_uring: for writing, for long, by pin_user_pages_fast
 *   a pipe    pages put into it by vmsplice: plain references
 *
 * The ring and the pipes are the controller's. Processes only register and splice, which pins what
 * is theirs; so nothing of a ring is in their memory, and what they hold ends when we say so: after
 * their exit, or exec, or by name. We look through what is held with the ring and with tee.
 */
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "controller.h"

enum { HOLDS = 256, RING_ENTRIES = 64, FREE = -1, NO_PIPE = -1 };

/*
 * owner  the slot of the process that took it, or FREE
 * pipe   the pipe's ends; NO_PIPE for a pin, which is the ring's buffer of the same number
 */
struct hold {
  int owner, pipe[2];
  uint64_t start, pages;
};

static struct hold holds[HOLDS];
static int ring = -1;
static struct io_uring_params setup;
static char *queues;
static struct io_uring_sqe *entries;
static int words_pipe[2]; /* the other end of what the ring reads and writes */

static bool make_ring(void) {
  int made = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, &setup);
  if (made < 0) {
    return false;
  }
  /* Without close-on-exec: a process has it after exec, too. */
  ring = dup2(made, RING_FD);
  if (made != RING_FD) {
    close(made);
  }
  fcntl(ring, F_SETFD, 0);
  size_t size = setup.cq_off.cqes + setup.cq_entries * sizeof(struct io_uring_cqe);
  queues = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  entries = mmap(NULL, RING_ENTRIES * sizeof *entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
                 IORING_OFF_SQES);
  struct io_uring_rsrc_register none = {.nr = HOLDS, .flags = IORING_RSRC_REGISTER_SPARSE};
  return queues != MAP_FAILED && entries != MAP_FAILED &&
         syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS2, &none, sizeof none) == 0;
}

/* Before the first process, which all others have the ring from. */
void holds_start(void) {
  for (int i = 0; i < HOLDS; i++) {
    holds[i].owner = FREE;
  }
  if (!make_ring() && ring >= 0) {
    close(ring);
    ring = -1;
  }
}

static int free_hold(const char *what) {
  for (int i = 0; i < HOLDS; i++) {
    if (holds[i].owner == FREE) {
      return i;
    }
  }
  reply_refusal("%s: more than %d at a time", what, HOLDS);
  return -1;
}

/* A system call of a process, with pointers into its slot's scratch. */
static bool call(int slot, long number, long a, long b, long c, long d, int64_t *result) {
  const uint64_t arguments[7] = {(uint64_t)number, (uint64_t)a, (uint64_t)b, (uint64_t)c,
                                 (uint64_t)d,      0,           0};
  return process_call(slot, CALL, arguments, 7, result);
}

static void keep(int hold, int slot, uint64_t start, uint64_t pages, const int ends[2]) {
  holds[hold] = (struct hold){slot, {ends[0], ends[1]}, start, pages};
}

/* Answers the hold's number, or -errno. */
void hold_by_pin(int slot, uint64_t start, uint64_t pages) {
  static const int no_pipe[2] = {NO_PIPE, NO_PIPE};
  int64_t result;
  if (ring < 0) {
    reply_refusal("pin: this kernel does not let us use io_uring, by which pages are pinned here");
    return;
  }
  int hold = free_hold("pin");
  if (hold < 0) {
    return;
  }
  uint64_t *scratch = mailbox(slot)->scratch, address = process_scratch(slot);
  struct iovec buffer = {(void *)start, pages * PAGE_BYTES};
  struct io_uring_rsrc_update2 update = {
      .offset = (unsigned)hold, .data = address + sizeof update, .nr = 1};
  memcpy(scratch, &update, sizeof update);
  memcpy((char *)scratch + sizeof update, &buffer, sizeof buffer);
  if (!call(slot, SYS_io_uring_register, RING_FD, IORING_REGISTER_BUFFERS_UPDATE, (long)address,
            sizeof update, &result)) {
    return;
  }
  if (result == 1) {
    keep(hold, slot, start, pages, no_pipe);
  }
  reply_word(result == 1 ? (uint64_t)hold : (uint64_t)result);
}

static bool make_pipe(int ends[2], uint64_t pages) {
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return false;
  }
  if (pages > 0 && fcntl(ends[1], F_SETPIPE_SZ, pages * PAGE_BYTES) < 0) {
    close(ends[0]);
    close(ends[1]);
    return false;
  }
  return true;
}

/* The process opens our pipe for a moment. */
static bool splice_into(int slot, int end, uint64_t start, uint64_t bytes, int64_t *result) {
  char *scratch = (char *)mailbox(slot)->scratch;
  uint64_t address = process_scratch(slot);
  int64_t file, closed;
  snprintf(scratch, SCRATCH_WORDS * sizeof(uint64_t), "/proc/%d/fd/%d", getpid(), end);
  if (!call(slot, SYS_open, (long)address, O_WRONLY, 0, 0, &file)) {
    return false;
  }
  if (file < 0) {
    reply_refusal("vmsplice: a process cannot open its pipe: %s", strerror((int)-file));
    return false;
  }
  struct iovec range = {(void *)start, bytes};
  memcpy(scratch, &range, sizeof range);
  return call(slot, SYS_vmsplice, file, (long)address, 1, SPLICE_F_NONBLOCK, result) &&
         call(slot, SYS_close, file, 0, 0, 0, &closed);
}

/* Answers the hold's number, or -errno. */
void hold_by_pipe(int slot, uint64_t start, uint64_t pages) {
  int ends[2], hold = free_hold("vmsplice");
  int64_t spliced;
  if (hold < 0) {
    return;
  }
  if (!make_pipe(ends, pages)) {
    reply_refusal("vmsplice: no pipe of %lu pages: %s", pages, strerror(errno));
    return;
  }
  bool asked = splice_into(slot, ends[1], start, pages * PAGE_BYTES, &spliced);
  if (asked && spliced == (int64_t)(pages * PAGE_BYTES)) {
    keep(hold, slot, start, pages, ends);
    reply_word((uint64_t)hold);
    return;
  }
  close(ends[0]);
  close(ends[1]);
  if (asked) {
    reply_word((uint64_t)(spliced < 0 ? spliced : -EFAULT));
  }
}

static void let_go(int number) {
  struct hold *hold = &holds[number];
  if (hold->pipe[0] != NO_PIPE) {
    close(hold->pipe[0]);
    close(hold->pipe[1]);
  } else {
    struct iovec nothing = {NULL, 0};
    struct io_uring_rsrc_update2 update = {
        .offset = (unsigned)number, .data = (uint64_t)&nothing, .nr = 1};
    if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS_UPDATE, &update,
                sizeof update) != 1) {
      die("a pin cannot be let go of: %s", strerror(errno));
    }
  }
  hold->owner = FREE;
}

void holds_end(int slot) {
  for (int i = 0; i < HOLDS; i++) {
    if (holds[i].owner == slot) {
      let_go(i);
    }
  }
}

static struct hold *held(uint64_t number) {
  if (number >= HOLDS || holds[number].owner == FREE) {
    reply_refusal("nothing is held as number %lu", number);
    return NULL;
  }
  return &holds[number];
}

void hold_end(uint64_t number) {
  if (held(number) != NULL) {
    let_go((int)number);
    lru_drain_here();
    reply_word(0);
  }
}

/*
 * Moves the first word of each of count pages between a buffer of the ring and words_pipe. Neither
 * waits, so one follows the other.
 */
static void transfer(uint8_t operation, uint64_t number, uint64_t first, unsigned count) {
  unsigned *tail = (unsigned *)(queues + setup.sq_off.tail);
  unsigned *done = (unsigned *)(queues + setup.cq_off.head);
  unsigned mask = *(unsigned *)(queues + setup.sq_off.ring_mask);
  unsigned done_mask = *(unsigned *)(queues + setup.cq_off.ring_mask);
  const struct io_uring_cqe *results = (void *)(queues + setup.cq_off.cqes);
  for (unsigned i = 0; i < count; i++) {
    unsigned at = (*tail + i) & mask;
    entries[at] = (struct io_uring_sqe){
        .opcode = operation,
        .fd = words_pipe[operation == IORING_OP_WRITE_FIXED],
        .addr = holds[number].start + (first + i) * PAGE_BYTES,
        .len = sizeof(uint64_t),
        .off = -1UL,
        .buf_index = (uint16_t)number};
    ((unsigned *)(queues + setup.sq_off.array))[at] = at;
  }
  __atomic_store_n(tail, *tail + count, __ATOMIC_RELEASE);
  long got = syscall(SYS_io_uring_enter, ring, count, count, IORING_ENTER_GETEVENTS, NULL, 0);
  for (unsigned i = 0; i < count && got == (long)count; i++) {
    int moved = results[(*done + i) & done_mask].res;
    got = moved == sizeof(uint64_t) ? got : moved;
  }
  __atomic_store_n(done, *done + count, __ATOMIC_RELEASE);
  if (got != (long)count) {
    die("a pinned page cannot be reached: %ld", got);
  }
}

static unsigned batch(const struct hold *hold, uint64_t first) {
  uint64_t left = hold->pages - first;
  return left < RING_ENTRIES ? (unsigned)left : RING_ENTRIES;
}

static void need_words_pipe(void) {
  if (words_pipe[1] == 0 && !make_pipe(words_pipe, 0)) {
    die("no pipe: %s", strerror(errno));
  }
}

static void load_pin(uint64_t number, struct buffer *out) {
  uint64_t words[RING_ENTRIES];
  unsigned count;
  need_words_pipe();
  for (uint64_t page = 0; page < holds[number].pages; page += count) {
    count = batch(&holds[number], page);
    transfer(IORING_OP_WRITE_FIXED, number, page, count);
    ssize_t size = (ssize_t)(count * sizeof *words);
    if (read(words_pipe[0], words, sizeof words) != size) {
      die("words of pinned pages are lost");
    }
    buffer_add(out, words, (size_t)size);
  }
}

/* tee leaves the pages where they are. */
static void load_pipe(const struct hold *hold, struct buffer *out) {
  static uint64_t page[PAGE_BYTES / sizeof(uint64_t)];
  int copy[2];
  if (!make_pipe(copy, hold->pages) ||
      (hold->pages > 0 && tee(hold->pipe[0], copy[1], hold->pages * PAGE_BYTES,
                              SPLICE_F_NONBLOCK) != (ssize_t)(hold->pages * PAGE_BYTES))) {
    die("a pipe cannot be looked into: %s", strerror(errno));
  }
  for (uint64_t i = 0; i < hold->pages; i++) {
    if (read(copy[0], page, sizeof page) != sizeof page) {
      die("a pipe ends too early");
    }
    buffer_add_word(out, page[0]);
  }
  close(copy[0]);
  close(copy[1]);
}

/* Answers the first word of each page. */
void hold_load(uint64_t number) {
  struct hold *hold = held(number);
  if (hold == NULL) {
    return;
  }
  struct buffer *out = reply_begin();
  if (hold->pipe[0] == NO_PIPE) {
    load_pin(number, out);
  } else {
    load_pipe(hold, out);
  }
  reply_end();
}

/* Stores to the first word of each page. */
void hold_store(uint64_t number, uint64_t word) {
  uint64_t words[RING_ENTRIES];
  struct hold *hold = held(number);
  unsigned count;
  if (hold == NULL) {
    return;
  }
  if (hold->pipe[0] != NO_PIPE) {
    reply_refusal("pages in a pipe cannot be written to");
    return;
  }
  need_words_pipe();
  for (unsigned i = 0; i < RING_ENTRIES; i++) {
    words[i] = word;
  }
  for (uint64_t page = 0; page < hold->pages; page += count) {
    count = batch(hold, page);
    ssize_t size = (ssize_t)(count * sizeof *words);
    if (write(words_pipe[1], words, (size_t)size) != size) {
      die("words for pinned pages are lost");
    }
    transfer(IORING_OP_READ_FIXED, number, page, count);
  }
  reply_word(0);
}
