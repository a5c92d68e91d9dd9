/*
 * The processes. All are forked, directly or not, by the zygote: a process that exec has just made,
 * so no page of the controller is ever in one. All are children of the controller, which can so
 * wait until one and its memory are gone; they die when it dies.
 */
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "controller.h"

enum { LIFE_CHECK_MILLIS = 100, DEPTH_MAX = 7, DUMMY_BYTES = 64 << 20 };

/*
 * pid        0 when there is no such process
 * waits_for  the vfork child that this process waits for, or NOBODY
 * lent_by    the process whose memory this vfork child uses, or NOBODY
 * depth      how many vforks its memory is away from the process whose own it is
 */
struct process {
  int pid, waits_for, lent_by, depth;
  int64_t thp_disable; /* as prctl said before processes_hide */
};
enum { NOBODY = -1 };

static struct process processes[SLOTS];
static struct shared *shared;

bool process_usable(uint64_t slot) {
  if (slot >= USABLE_SLOTS || processes[slot].pid == 0) {
    reply_refusal("there is no process %lu", slot);
    return false;
  }
  if (processes[slot].waits_for != NOBODY) {
    reply_refusal("process %lu waits for its vfork child", slot);
    return false;
  }
  return true;
}

int process_pid(int slot) {
  return processes[slot].pid;
}

/* Who can load from the memory of a process: itself, or who it lent its memory to. */
int process_loader(int slot) {
  while (processes[slot].waits_for != NOBODY) {
    slot = processes[slot].waits_for;
  }
  return slot;
}

uint32_t process_signal(int slot) {
  return shared->slots[slot].signal;
}

const uint64_t *process_words(void) {
  return shared->words;
}

static void adopt(int slot, int pid, int lent_by) {
  int depth = lent_by == NOBODY ? 0 : processes[lent_by].depth + 1;
  processes[slot] = (struct process){pid, NOBODY, lent_by, depth, 0};
}

static void bury(int slot) {
  processes[slot] = (struct process){0, NOBODY, NOBODY, 0, 0};
}

/* Whether a process that should answer has died instead; it is reaped then. */
static bool has_died(int slot) {
  int status, pid = processes[slot].pid;
  if (pid == 0 || waitpid(pid, &status, WNOHANG) != pid) {
    return false;
  }
  bury(slot);
  if (WIFEXITED(status) && WEXITSTATUS(status) == HEAP_FAILED) {
    reply_refusal("this kernel does not let a heap be moved (it lacks CONFIG_CHECKPOINT_RESTORE)");
  } else if (WIFSIGNALED(status)) {
    reply_refusal("the process was killed by signal %d (is there memory left?)", WTERMSIG(status));
  } else {
    reply_refusal("the process ended with %d", WEXITSTATUS(status));
  }
  return true;
}

static void post(int slot, enum operation operation, const uint64_t *arguments, int count) {
  struct slot *to = &shared->slots[slot];
  to->operation = operation;
  memcpy(to->arguments, arguments, (size_t)count * sizeof *arguments);
  __atomic_store_n(&to->request, to->request + 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, &to->request, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool has_answered(int slot) {
  struct slot *from = &shared->slots[slot];
  return __atomic_load_n(&from->reply, __ATOMIC_ACQUIRE) == from->request;
}

/* Marks a slot whose process is to announce itself. */
static void expect(int slot) {
  struct slot *from = &shared->slots[slot];
  from->request = from->reply + 1;
}

/*
 * Waits until one of two has answered; false, and refused, when the first or second has died. A
 * slot may be named twice.
 */
static bool await_either(int one, int other) {
  const struct timespec patience = {0, LIFE_CHECK_MILLIS * 1000000L};
  for (;;) {
    uint32_t seen = __atomic_load_n(&shared->replies, __ATOMIC_ACQUIRE);
    if (has_answered(one) || has_answered(other)) {
      return true;
    }
    if (syscall(SYS_futex, &shared->replies, FUTEX_WAIT, seen, &patience, NULL, 0) != 0 &&
        errno == ETIMEDOUT) {
      if (has_died(one) || (other != one && has_died(other))) {
        return false;
      }
      if (message_hung_up()) {
        exit(1);
      }
    }
  }
}

static bool await(int slot) {
  return await_either(slot, slot);
}

bool process_call(int slot, enum operation operation, const uint64_t *arguments, int count,
                  int64_t *result) {
  post(slot, operation, arguments, count);
  if (!await(slot)) {
    return false;
  }
  *result = shared->slots[slot].result;
  lru_drain_here();
  return true;
}

/* Loads at most WORDS_MAX words into the shared ones. */
bool process_load(int slot, uint64_t address, uint64_t pages, uint64_t *loaded) {
  uint64_t arguments[2] = {address, pages};
  int64_t result;
  if (!process_call(slot, LOAD, arguments, 2, &result)) {
    return false;
  }
  *loaded = (uint64_t)result;
  return true;
}

bool process_fork(int parent, int child, int64_t *result) {
  uint64_t arguments[1] = {(uint64_t)child};
  expect(child);
  if (!process_call(parent, FORK, arguments, 1, result)) {
    return false;
  }
  if (*result < 0) {
    return true;
  }
  adopt(child, (int)*result, NOBODY);
  /* A real fork leaves its own memory even when its parent's was lent. */
  processes[child].depth = processes[parent].depth;
  bool there = await(child);
  lru_drain_here();
  return there;
}

bool process_spawn(int child) {
  int64_t result;
  if (!process_fork(ZYGOTE, child, &result)) {
    return false;
  }
  if (result < 0) {
    reply_refusal("no process can be made: %s", strerror((int)-result));
    return false;
  }
  return true;
}

bool process_vfork(int parent, int child, int64_t *result) {
  uint64_t arguments[1] = {(uint64_t)child};
  if (processes[parent].depth >= DEPTH_MAX) {
    reply_refusal("more than %d vforks within each other", DEPTH_MAX);
    return false;
  }
  expect(child);
  post(parent, VFORK, arguments, 1);
  if (!await_either(parent, child)) {
    return false;
  }
  if (!has_answered(child)) {
    *result = shared->slots[parent].result;
    return true;
  }
  *result = 0;
  adopt(child, (int)shared->slots[child].result, parent);
  processes[parent].waits_for = child;
  lru_drain_here();
  return true;
}

/* A vfork child has given the memory back: its parent goes on. */
static bool give_back(int child) {
  int parent = processes[child].lent_by;
  if (parent == NOBODY) {
    return true;
  }
  processes[child].lent_by = NOBODY;
  processes[child].depth = 0;
  processes[parent].waits_for = NOBODY;
  return await(parent);
}

bool process_exec(int slot, int64_t *result) {
  if (!process_call(slot, EXEC, NULL, 0, result)) {
    return false;
  }
  if (*result < 0) {
    return true;
  }
  *result = 0;
  processes[slot].depth = 0;
  return give_back(slot);
}

/* On return the process's memory is gone. */
bool process_exit(int slot) {
  int pid = processes[slot].pid, status;
  post(slot, EXIT, NULL, 0);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  bool resumed = give_back(slot);
  bury(slot);
  lru_drain_here();
  return resumed;
}

/* Ends all but our own. */
void processes_end(void) {
  for (int slot = 0; slot < USABLE_SLOTS; slot++) {
    if (processes[slot].pid != 0) {
      kill(processes[slot].pid, SIGKILL);
    }
  }
  for (int slot = 0; slot < USABLE_SLOTS; slot++) {
    if (processes[slot].pid != 0) {
      while (waitpid(processes[slot].pid, NULL, 0) < 0 && errno == EINTR) {
      }
    }
    bury(slot);
  }
  lru_drain_here();
}

static bool call_prctl(int slot, uint64_t option, uint64_t value, uint64_t flags,
                       int64_t *result) {
  const uint64_t call[7] = {SYS_prctl, option, value, flags, 0, 0, 0};
  return process_call(slot, CALL, call, 7, result);
}

static bool can_call(int slot) {
  return processes[slot].pid != 0 && processes[slot].waits_for == NOBODY;
}

/* Switches huge pages off for all processes; a vfork child does it for those that wait for it. */
bool processes_hide(void) {
  for (int slot = 0; slot < USABLE_SLOTS; slot++) {
    int64_t ignored;
    if (can_call(slot) &&
        (!call_prctl(slot, PR_GET_THP_DISABLE, 0, 0, &processes[slot].thp_disable) ||
         !call_prctl(slot, PR_SET_THP_DISABLE, 1, 0, &ignored))) {
      return false;
    }
  }
  return true;
}

/* Gives each what it had before processes_hide; the answer's upper bits are the flags. */
bool processes_show(void) {
  for (int slot = 0; slot < USABLE_SLOTS; slot++) {
    uint64_t value = (uint64_t)processes[slot].thp_disable;
    int64_t ignored;
    if (can_call(slot) &&
        !call_prctl(slot, PR_SET_THP_DISABLE, value & 1, value & ~1UL, &ignored)) {
      return false;
    }
  }
  return true;
}

static void make_shared(void) {
  int memory = memfd_create("elephant-folio", 0);
  if (memory < 0 || ftruncate(memory, sizeof *shared) != 0) {
    die("no shared memory: %s", strerror(errno));
  }
  if (memory != SHARED_FD && (dup2(memory, SHARED_FD) < 0 || close(memory) != 0)) {
    die("descriptor %d: %s", SHARED_FD, strerror(errno));
  }
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, SHARED_FD, 0);
  if (shared == MAP_FAILED) {
    die("no shared memory: %s", strerror(errno));
  }
  memset(shared, 0, sizeof *shared); /* All of it is there before huge pages are switched on. */
  shared->controller = getpid();
}

static void open_program(const char *program) {
  int file = open(program, O_RDONLY);
  if (file < 0) {
    die("%s: %s", program, strerror(errno));
  }
  if (file != PROGRAM_FD && (dup2(file, PROGRAM_FD) < 0 || close(file) != 0)) {
    die("descriptor %d: %s", PROGRAM_FD, strerror(errno));
  }
}

/* What the engine's processes have, too. */
static void set_limits(void) {
  const struct rlimit stack = {8 << 20, 8 << 20}, none = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_STACK, &stack);
  setrlimit(RLIMIT_AS, &none);
  setrlimit(RLIMIT_DATA, &none);
  setrlimit(RLIMIT_MEMLOCK, &none);
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

/*
 * In the zygote to be. The controller keeps huge pages off for itself; the processes have what the
 * scenario says.
 */
static void become_zygote(void) {
  char name[] = {'0' + ZYGOTE / 10, '0' + ZYGOTE % 10, 0};
  char *arguments[] = {name, NULL}, *environment[] = {NULL};
  prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  personality(ADDR_NO_RANDOMIZE);
  set_limits();
  for (int file = PROGRAM_FD + 1; file < 64; file++) {
    close(file);
  }
  int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  close(nothing);
  syscall(SYS_execveat, PROGRAM_FD, "", arguments, environment, AT_EMPTY_PATH);
  _exit(1);
}

void processes_start(const char *program) {
  make_shared();
  open_program(program);
  for (int slot = 0; slot < SLOTS; slot++) {
    bury(slot);
  }
  expect(ZYGOTE);
  int pid = fork();
  if (pid == 0) {
    become_zygote();
  }
  if (pid < 0) {
    die("no process can be made: %s", strerror(errno));
  }
  adopt(ZYGOTE, pid, NOBODY);
  if (!await(ZYGOTE)) {
    die("%s: does not run", program);
  }
}

static bool dummy_call(const uint64_t *call) {
  int64_t result;
  return process_call(DUMMY, CALL, call, 7, &result) && result >= 0;
}

/*
 * A process with nothing but an area that may have huge pages: khugepaged looks at it before all
 * others. A scenario that switches huge pages off and on restarts khugepaged, which scans at once;
 * with pages_to_scan at 1 it gets no further than this.
 *
 * khugepaged knows only areas in which a page was touched. The one that is lies before the area's
 * first whole block of 2 MiB, so there is nothing to collapse.
 */
void processes_start_dummy(void) {
  const uint64_t start = HEAP_START + PAGE_BYTES;
  const uint64_t map[7] = {SYS_mmap, start, DUMMY_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1UL, 0};
  const uint64_t advise[7] = {SYS_madvise, start, DUMMY_BYTES, MADV_HUGEPAGE, 0, 0, 0};
  const uint64_t touch[3] = {start, 1, 1};
  int64_t touched;
  if (processes[DUMMY].pid == 0 &&
      (!process_spawn(DUMMY) || !dummy_call(map) ||
       !process_call(DUMMY, STORE, touch, 3, &touched) || touched != 1 || !dummy_call(advise))) {
    die("no process can be made that khugepaged would look at");
  }
}
