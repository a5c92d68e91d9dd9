/*
 * The processes. All are forked, directly or not, by the zygote: a process that exec has just made,
 * so no page of the controller is ever in one. All are children of the controller, which can so
 * wait until one and its memory are gone; they die when it dies.
 */
#include <signal.h>
#include <sys/wait.h>

#include "controller.h"

enum { NOBODY = -1, DEPTH_MAX = 7 };

/*
 * pid        0 when there is no such process
 * waits_for  the vfork child that this process waits for, or NOBODY
 * lent_by    the process whose memory this vfork child uses, or NOBODY
 * depth      how many vforks its memory is away from the process whose own it is
 */
struct process {
  int pid, waits_for, lent_by, depth;
};

static struct process processes[SLOTS];

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

bool process_is_free(int slot) {
  return processes[slot].pid != 0 && processes[slot].waits_for == NOBODY;
}

uint32_t process_signal(int slot) {
  return mailbox(slot)->signal;
}

static void adopt(int slot, int pid, int lent_by) {
  int depth = lent_by == NOBODY ? 0 : processes[lent_by].depth + 1;
  processes[slot] = (struct process){pid, NOBODY, lent_by, depth};
}

static void bury(int slot) {
  holds_end(slot);
  processes[slot] = (struct process){0, NOBODY, NOBODY, 0};
}

static bool await(int slot);

/* A vfork child has given the memory back, or died: its parent goes on. */
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

/* Whether a process that should answer has died instead; it is reaped then. */
static bool has_died(int slot) {
  int status, pid = processes[slot].pid;
  if (pid == 0 || waitpid(pid, &status, WNOHANG) != pid) {
    return false;
  }
  if (!give_back(slot)) {
    return true;
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

/*
 * Waits until one of two has answered; false, and refused, when the first or second has died. A
 * slot may be named twice.
 */
static bool await_either(int one, int other) {
  for (;;) {
    uint32_t answers = mailbox_answers();
    if (mailbox_answered(one) || mailbox_answered(other)) {
      return true;
    }
    if (!mailbox_sleep(answers)) {
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
  mailbox_post(slot, operation, arguments, count);
  if (!await(slot)) {
    return false;
  }
  *result = mailbox(slot)->result;
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
  mailbox_expect(child);
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
  mailbox_expect(child);
  mailbox_post(parent, VFORK, arguments, 1);
  if (!await_either(parent, child)) {
    return false;
  }
  if (!mailbox_answered(child)) {
    *result = mailbox(parent)->result;
    if (*result >= 0) {
      reply_refusal("the vfork child died at once");
    }
    return *result < 0;
  }
  *result = 0;
  adopt(child, (int)mailbox(child)->result, parent);
  processes[parent].waits_for = child;
  lru_drain_here();
  return true;
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
  holds_end(slot);
  lru_drain_here();
  return give_back(slot);
}

/* On return the process's memory is gone. */
bool process_exit(int slot) {
  int pid = processes[slot].pid, status;
  mailbox_post(slot, EXIT, NULL, 0);
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

/* The zygote has been started as pid; waits until it is there. */
bool process_start_zygote(int pid) {
  for (int slot = 0; slot < SLOTS; slot++) {
    bury(slot);
  }
  adopt(ZYGOTE, pid, NOBODY);
  return await(ZYGOTE);
}
