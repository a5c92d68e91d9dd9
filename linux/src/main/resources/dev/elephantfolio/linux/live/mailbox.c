/* The memory that is shared with the processes: what they are asked to do, and what they answer. */
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "controller.h"

static struct shared *shared;

/* All of it is there before huge pages are switched on for anybody. */
void mailbox_start(void) {
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
  memset(shared, 0, sizeof *shared);
  shared->controller = getpid();
}

struct slot *mailbox(int slot) {
  return &shared->slots[slot];
}

const uint64_t *process_words(void) {
  return shared->words;
}

/* Where a process has its slot's scratch. */
uint64_t process_scratch(int slot) {
  return SHARED_ADDRESS + (uint64_t)((char *)mailbox(slot)->scratch - (char *)shared);
}

/* Hands a process its next call. */
void mailbox_post(int slot, enum operation operation, const uint64_t *arguments, int count) {
  struct slot *to = mailbox(slot);
  to->operation = operation;
  memcpy(to->arguments, arguments, (size_t)count * sizeof *arguments);
  __atomic_store_n(&to->request, to->request + 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, &to->request, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Marks a slot whose process is to announce itself. */
void mailbox_expect(int slot) {
  mailbox(slot)->request = mailbox(slot)->reply + 1;
}

bool mailbox_answered(int slot) {
  return __atomic_load_n(&mailbox(slot)->reply, __ATOMIC_ACQUIRE) == mailbox(slot)->request;
}

/* How many answers there have been: to be looked at before mailbox_answered. */
uint32_t mailbox_answers(void) {
  return __atomic_load_n(&shared->replies, __ATOMIC_ACQUIRE);
}

/* Sleeps until there are more answers than that; false when none came for a while. */
bool mailbox_sleep(uint32_t answers) {
  const struct timespec patience = {0, 100000000L};
  return syscall(SYS_futex, &shared->replies, FUTEX_WAIT, answers, &patience, NULL, 0) == 0 ||
         errno != ETIMEDOUT;
}
