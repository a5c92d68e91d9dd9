/* The first processes: the one that all others come of, and one that stands for nothing. */
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "controller.h"

enum { DUMMY_BYTES = 64 << 20, FILES_MAX = 64 };

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
  for (int file = RING_FD + 1; file < FILES_MAX; file++) {
    close(file);
  }
  int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  close(nothing);
  syscall(SYS_execveat, PROGRAM_FD, "", arguments, environment, AT_EMPTY_PATH);
  _exit(1);
}

void zygote_start(const char *program) {
  open_program(program);
  mailbox_expect(ZYGOTE);
  int pid = fork();
  if (pid == 0) {
    become_zygote();
  }
  if (pid < 0) {
    die("no process can be made: %s", strerror(errno));
  }
  if (!process_start_zygote(pid)) {
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
 * first whole block of 2 MiB, so there is nothing to collapse. Another one is only read: as long as
 * somebody has the huge zero page it stays, and whether it had to be made does not depend on what
 * went before.
 */
void zygote_start_dummy(void) {
  const uint64_t start = HEAP_START + PAGE_BYTES;
  const uint64_t map[7] = {SYS_mmap, start, DUMMY_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1UL, 0};
  const uint64_t advise[7] = {SYS_madvise, start, DUMMY_BYTES, MADV_HUGEPAGE, 0, 0, 0};
  const uint64_t touch[3] = {start, 1, 1};
  uint64_t loaded;
  int64_t touched;
  if (!process_is_free(DUMMY) &&
      (!process_spawn(DUMMY) || !dummy_call(map) ||
       !process_call(DUMMY, STORE, touch, 3, &touched) || touched != 1 || !dummy_call(advise) ||
       !process_load(DUMMY, start + DUMMY_BYTES / 2, 1, &loaded))) {
    die("no process can be made that khugepaged would look at");
  }
}
