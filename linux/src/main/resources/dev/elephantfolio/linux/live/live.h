/*
 * What the controller and the processes of a scenario share: one piece of memory in which each
 * process has a slot for its next call, and the numbers both must know.
 */
#ifndef LIVE_H
#define LIVE_H

#include <stdint.h>

enum {
  SHARED_FD = 3,  /* the shared memory, open in every process */
  PROGRAM_FD = 4, /* the program of the processes, for exec */
  RING_FD = 5,    /* the controller's io_uring, for processes to register buffers with */
  SLOTS = 64,
  ZYGOTE = SLOTS - 1, /* forks the others, so that none comes from the controller's memory */
  DUMMY = SLOTS - 2,  /* stands first in khugepaged's list */
  USABLE_SLOTS = DUMMY,
  WORDS_MAX = 4096,
  SCRATCH_WORDS = 8,
  HEAP_FAILED = 3 /* exit code: the kernel does not let us move the heap */
};

/* Far below the heap, the windows and where mmap puts what it may put anywhere. */
#define SHARED_ADDRESS 0x20000000UL
/* Where a process's heap begins. */
#define HEAP_START 0x0f0000000000UL
#define PAGE_BYTES 4096UL

enum operation { CALL = 1, LOAD, STORE, FORK, VFORK, EXEC, EXIT };

/*
 * A process's mailbox.
 *
 *   request, reply | means
 *   ---------------+--------------------------------------------------
 *   equal          | idle: the controller may write, then count request up
 *   request ahead  | at work: the process writes result, then sets reply
 */
struct slot {
  uint32_t request; /* a futex the process waits on */
  uint32_t reply;
  uint32_t operation;
  uint32_t signal; /* of an access: what ended it, or 0 */
  uint64_t arguments[7];
  uint64_t scratch[SCRATCH_WORDS]; /* what a system call's pointers point to */
  int64_t result; /* as the kernel returns it: -errno when it failed */
};

struct shared {
  uint32_t replies; /* counted up with every reply: the futex the controller waits on */
  int32_t controller;
  struct slot slots[SLOTS];
  uint64_t words[WORDS_MAX]; /* what a LOAD has loaded */
};

#endif
