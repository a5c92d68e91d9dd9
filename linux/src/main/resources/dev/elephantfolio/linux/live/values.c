/*
 * The first words of frames. A load by the process itself would mark its page as accessed, and so
 * would every way to have the kernel copy from it: what smaps calls Referenced would change, and
 * what khugepaged makes of the page. So a small BPF program reads the frames where the kernel has
 * all memory mapped. It changes nothing; lockdown's integrity mode allows it.
 *
 * Kernels take such a program only under a licence of their list. The instructions below, and
 * nothing else of this file, may be used under the two-clause BSD licence or the GPL, version 2.
 */
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "controller.h"

enum { BATCH = 512, GIB_SHIFT = 30, PLACES_MAX = 64 };

/* What the program works on: for each of count words an address, replaced by what is there. */
struct window {
  uint64_t count, task;
  uint64_t words[BATCH];
};

static struct window *window;
static int program = -1;
static uint64_t memory_base; /* where the kernel has frame 0 mapped */

static long bpf(int command, union bpf_attr *attributes) {
  return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static bool make_window(int *map) {
  union bpf_attr attributes = {
      .map_type = BPF_MAP_TYPE_ARRAY,
      .key_size = 4,
      .value_size = sizeof *window,
      .max_entries = 1,
      .map_flags = BPF_F_MMAPABLE};
  *map = (int)bpf(BPF_MAP_CREATE, &attributes);
  if (*map < 0) {
    return false;
  }
  window = mmap(NULL, sizeof *window, PROT_READ | PROT_WRITE, MAP_SHARED, *map, 0);
  return window != MAP_FAILED;
}

#define DO(c, d, s, o, i) \
  { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define MOVE(d, s) DO(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOVE_NUMBER(d, n) DO(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, n)
#define ADD(d, s) DO(BPF_ALU64 | BPF_ADD | BPF_X, d, s, 0, 0)
#define ADD_NUMBER(d, n) DO(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, n)
#define SHIFT_LEFT(d, n) DO(BPF_ALU64 | BPF_LSH | BPF_K, d, 0, 0, n)
#define LOAD_WORD(d, s, o) DO(BPF_LDX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE_WORD(d, s, o) DO(BPF_STX | BPF_MEM | BPF_DW, d, s, o, 0)
#define STORE_ZERO_INT(d, o) DO(BPF_ST | BPF_MEM | BPF_W, d, 0, o, 0)
#define HELP(n) DO(BPF_JMP | BPF_CALL, 0, 0, 0, n)
#define UNLESS_EQUAL(d, n, o) DO(BPF_JMP | BPF_JNE | BPF_K, d, 0, o, n)
#define IF_NOT_BELOW(d, s, o) DO(BPF_JMP | BPF_JGE | BPF_X, d, s, o, 0)
#define IF_NOT_BELOW_NUMBER(d, n, o) DO(BPF_JMP | BPF_JGE | BPF_K, d, 0, o, n)
#define GO(o) DO(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define END DO(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static bool load_program(int map) {
  enum { WINDOW = BPF_REG_6, NEXT = BPF_REG_7, COUNT = BPF_REG_8, FRAME = BPF_REG_10 };
  const struct bpf_insn instructions[] = {
      STORE_ZERO_INT(FRAME, -4),
      MOVE(BPF_REG_2, FRAME),
      ADD_NUMBER(BPF_REG_2, -4),
      DO(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
      DO(0, 0, 0, 0, 0),
      HELP(BPF_FUNC_map_lookup_elem),
      UNLESS_EQUAL(BPF_REG_0, 0, 1),
      END,
      MOVE(WINDOW, BPF_REG_0),
      HELP(BPF_FUNC_get_current_task),
      STORE_WORD(WINDOW, BPF_REG_0, offsetof(struct window, task)),
      LOAD_WORD(COUNT, WINDOW, offsetof(struct window, count)),
      MOVE_NUMBER(NEXT, 0),
      IF_NOT_BELOW(NEXT, COUNT, 10),
      IF_NOT_BELOW_NUMBER(NEXT, BATCH, 9),
      MOVE(BPF_REG_1, NEXT),
      SHIFT_LEFT(BPF_REG_1, 3),
      ADD(BPF_REG_1, WINDOW),
      ADD_NUMBER(BPF_REG_1, offsetof(struct window, words)),
      LOAD_WORD(BPF_REG_3, BPF_REG_1, 0),
      MOVE_NUMBER(BPF_REG_2, sizeof(uint64_t)),
      HELP(BPF_FUNC_probe_read_kernel),
      ADD_NUMBER(NEXT, 1),
      GO(-11),
      MOVE_NUMBER(BPF_REG_0, 0),
      END};
  union bpf_attr attributes = {
      .prog_type = BPF_PROG_TYPE_SYSCALL,
      .insns = (uint64_t)instructions,
      .insn_cnt = sizeof instructions / sizeof *instructions,
      .license = (uint64_t)"Dual BSD/GPL",
      .prog_flags = BPF_F_SLEEPABLE};
  program = (int)bpf(BPF_PROG_LOAD, &attributes);
  return program >= 0;
}

static bool run(uint64_t count) {
  union bpf_attr attributes = {.test = {.prog_fd = (uint32_t)program}};
  window->count = count;
  return bpf(BPF_PROG_TEST_RUN, &attributes) == 0;
}

static uint64_t pfn_of(const void *address) {
  uint64_t entry = 0;
  int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  pread(file, &entry, sizeof entry, (off_t)((uint64_t)address / PAGE_BYTES * sizeof entry));
  close(file);
  return entry & ((1UL << 55) - 1);
}

/*
 * The mapping of all memory begins at a multiple of 1 GiB, not far below whatever the kernel has
 * allocated, such as our task; it is where a word of ours is found that is nowhere else.
 */
static bool find_memory(void) {
  static uint64_t mark[PAGE_BYTES / sizeof(uint64_t)] __attribute__((aligned(4096)));
  int random = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  bool marked = read(random, mark, sizeof *mark) == sizeof *mark;
  close(random);
  uint64_t offset = pfn_of(mark) * PAGE_BYTES;
  if (!marked || offset == 0 || !run(0)) {
    return false;
  }
  uint64_t highest = window->task >> GIB_SHIFT << GIB_SHIFT;
  for (uint64_t i = 0; i < PLACES_MAX; i++) {
    window->words[i] = highest - (i << GIB_SHIFT) + offset;
  }
  if (!run(PLACES_MAX)) {
    return false;
  }
  for (uint64_t i = 0; i < PLACES_MAX; i++) {
    if (window->words[i] == mark[0]) {
      memory_base = highest - (i << GIB_SHIFT);
      return true;
    }
  }
  return false;
}

/* False where this kernel does not let us. */
bool values_start(void) {
  int map;
  bool works = make_window(&map) && load_program(map) && find_memory();
  if (!works) {
    program = -1;
  }
  return works;
}

static void read_batch(struct page **batch, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    window->words[i] = memory_base + page_pfn(batch[i]) * PAGE_BYTES;
  }
  if (!run(count)) {
    die("the BPF program that reads values fails: %s", strerror(errno));
  }
  for (uint64_t i = 0; i < count; i++) {
    batch[i]->value = window->words[i];
    batch[i]->has_value = true;
  }
}

/* Gives every present page its value. */
void values_read(struct pages *pages) {
  struct page *batch[BATCH];
  uint64_t count = 0;
  for (size_t i = 0; i < pages->count; i++) {
    if (page_pfn(&pages->page[i]) != 0) {
      batch[count++] = &pages->page[i];
    }
    if (count == BATCH || (i + 1 == pages->count && count > 0)) {
      read_batch(batch, count);
      count = 0;
    }
  }
}
