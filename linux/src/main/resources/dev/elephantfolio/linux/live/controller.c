/*
 * Runs the calls of scenarios in real processes, and shows their memory.
 *
 *   controller PROGRAM CPU
 *
 * PROGRAM  what the processes run
 * CPU      where they and the controller run; -1: the last that is allowed
 *
 * It is asked and answers as message.c says, and ends with its standard input.
 */
#include "controller.h"

#include <sched.h>
#include <sys/prctl.h>

enum kind {
  HELLO = 1,
  PREPARE,
  SPAWN,
  CALL_OF,
  LOAD_OF,
  STORE_OF,
  FORK_OF,
  VFORK_OF,
  EXEC_OF,
  EXIT_OF,
  END_ALL,
  OBSERVE,
  COUNTERS,
  SCANS,
  SPLIT,
  APPLIED,
  PIN_OF,
  SPLICE_OF,
  LOAD_HELD,
  STORE_HELD,
  END_HELD,
  LOAD_REMOTELY_OF
};

static bool values_by_frames;

static void pin(int cpu) {
  cpu_set_t allowed, one;
  sched_getaffinity(0, sizeof allowed, &allowed);
  for (int i = 0; cpu < 0 && i < CPU_SETSIZE; i++) {
    if (CPU_ISSET(CPU_SETSIZE - 1 - i, &allowed)) {
      cpu = CPU_SETSIZE - 1 - i;
    }
  }
  CPU_ZERO(&one);
  CPU_SET((unsigned)cpu, &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) {
    die("processor %d cannot be used: %s", cpu, strerror(errno));
  }
}

/*
 * Each call wakes a process and is waited for: on a machine that is busy otherwise, that would be
 * two queues for a processor a call. Those of a scenario inherit it.
 */
static void go_first(void) {
  sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 1});
}

/* Signals typed at a terminal are for the program that started us: it ends us when it wants. */
static void start(const char *program, int cpu) {
  setsid();
  fcntl(STDOUT_FILENO, F_SETPIPE_SZ, 1 << 20);
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  pin(cpu);
  go_first();
  mailbox_start();
  holds_start();
  zygote_start(program);
  lru_start();
  pages_check();
  frames_start();
  counters_start();
  split_start();
  damon_start();
  values_by_frames = values_start();
  observe_start(values_by_frames);
}

static void hello(void) {
  struct buffer *out = reply_begin();
  buffer_add_word(out, split_by_file());
  buffer_add_word(out, values_by_frames);
  reply_end();
}

static void prepare(void) {
  zygote_start_dummy();
  khugepaged_start();
  reply_begin();
  reply_end();
}

static bool is_free(uint64_t slot) {
  if (slot >= USABLE_SLOTS || process_pid((int)slot) != 0) {
    reply_refusal("no process can be made as number %lu", slot);
    return false;
  }
  return true;
}

static void spawn(const uint64_t *words) {
  if (is_free(words[0]) && process_spawn((int)words[0])) {
    reply_word((uint64_t)process_pid((int)words[0]));
  }
}

static void answer_call(const uint64_t *words) {
  int64_t result;
  if (process_usable(words[0]) && process_call((int)words[0], CALL, words + 1, 7, &result)) {
    reply_word((uint64_t)result);
  }
}

/* Loads piece by piece: signal, then the words up to it. */
static void answer_load(const uint64_t *words) {
  uint64_t address = words[1], left = words[2], loaded;
  int slot = (int)words[0];
  if (!process_usable(words[0])) {
    return;
  }
  struct buffer *out = reply_begin();
  size_t signal_at = out->size;
  buffer_add_word(out, 0);
  while (left > 0) {
    uint64_t pages = left < WORDS_MAX ? left : WORDS_MAX;
    if (!process_load(slot, address, pages, &loaded)) {
      return;
    }
    buffer_add(out, process_words(), loaded * sizeof(uint64_t));
    address += loaded * PAGE_BYTES;
    left = loaded == pages ? left - pages : 0;
    buffer_set_word(out, signal_at, process_signal(slot));
  }
  reply_end();
}

/* Signal, and how many pages were stored to. */
static void answer_store(const uint64_t *words) {
  int64_t stored;
  if (!process_usable(words[0]) ||
      !process_call((int)words[0], STORE, words + 1, 3, &stored)) {
    return;
  }
  struct buffer *out = reply_begin();
  buffer_add_word(out, process_signal((int)words[0]));
  buffer_add_word(out, (uint64_t)stored);
  reply_end();
}

static void answer_fork(const uint64_t *words, bool lends) {
  int64_t result;
  if (!process_usable(words[0]) || !is_free(words[1])) {
    return;
  }
  int parent = (int)words[0], child = (int)words[1];
  if (lends ? process_vfork(parent, child, &result) : process_fork(parent, child, &result)) {
    reply_word((uint64_t)result);
  }
}

static void answer_exec(const uint64_t *words) {
  int64_t result;
  if (process_usable(words[0]) && process_exec((int)words[0], &result)) {
    reply_word((uint64_t)result);
  }
}

static void answer_exit(const uint64_t *words) {
  if (process_usable(words[0]) && process_exit((int)words[0])) {
    reply_word(0);
  }
}

static void answer_end(void) {
  processes_end();
  reply_word(0);
}

static void answer_counters(void) {
  counters_append(reply_begin());
  reply_end();
}

static void answer_scans(const uint64_t *words) {
  uint64_t done;
  if (khugepaged_scans(words[0], &done)) {
    reply_word(done);
  }
}

static void answer_split(const uint64_t *words) {
  if (process_usable(words[0])) {
    split((int)words[0], words[1], words[2], words[3]);
  }
}

/* What is done to a range of pages of a process. */
static void answer_range(const uint64_t *words, void (*act)(int, uint64_t, uint64_t)) {
  if (process_usable(words[0])) {
    act((int)words[0], words[1], words[2]);
  }
}

/* How many words each kind has, at least. */
static uint32_t least_words(uint32_t kind) {
  static const uint32_t words[] = {[SPAWN] = 1,    [CALL_OF] = 8, [LOAD_OF] = 3, [STORE_OF] = 4,
                                   [FORK_OF] = 2,  [VFORK_OF] = 2, [EXEC_OF] = 1, [EXIT_OF] = 1,
                                   [OBSERVE] = 3,  [SCANS] = 1,    [SPLIT] = 4,
                                   [PIN_OF] = 3,   [SPLICE_OF] = 3, [LOAD_HELD] = 1,
                                   [STORE_HELD] = 2, [END_HELD] = 1,
                                   [LOAD_REMOTELY_OF] = 3};
  return kind < sizeof words / sizeof *words ? words[kind] : 0;
}

static void answer(const struct request *request) {
  if (request->count < least_words(request->kind)) {
    die("request %u has %u words", request->kind, request->count);
  }
  switch ((enum kind)request->kind) {
    case HELLO: hello(); break;
    case PREPARE: prepare(); break;
    case SPAWN: spawn(request->words); break;
    case CALL_OF: answer_call(request->words); break;
    case LOAD_OF: answer_load(request->words); break;
    case STORE_OF: answer_store(request->words); break;
    case FORK_OF: answer_fork(request->words, false); break;
    case VFORK_OF: answer_fork(request->words, true); break;
    case EXEC_OF: answer_exec(request->words); break;
    case EXIT_OF: answer_exit(request->words); break;
    case END_ALL: answer_end(); break;
    case OBSERVE: observe(request); break;
    case COUNTERS: answer_counters(); break;
    case SCANS: answer_scans(request->words); break;
    case SPLIT: answer_split(request->words); break;
    case APPLIED: reply_word(damon_applied()); break;
    case PIN_OF: answer_range(request->words, hold_by_pin); break;
    case SPLICE_OF: answer_range(request->words, hold_by_pipe); break;
    case LOAD_HELD: hold_load(request->words[0]); break;
    case STORE_HELD: hold_store(request->words[0], request->words[1]); break;
    case END_HELD: hold_end(request->words[0]); break;
    case LOAD_REMOTELY_OF: answer_range(request->words, remote_load); break;
    default: die("request %u is none", request->kind);
  }
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "use: controller PROGRAM CPU\n");
    return 2;
  }
  start(arguments[1], atoi(arguments[2]));
  struct request request;
  while (message_next(&request)) {
    answer(&request);
  }
  return 0;
}
