/*
 * A process of a scenario. It does the calls that its slot asks for, one by one, and nothing else.
 *
 * It has no C library: no allocator, no thread-local storage, no buffers. Its own memory is the
 * program's few file-backed pages (all its data is in .data, so that none of its pages can be part
 * of a huge one) and the shared slots; the heap, the windows and the mmap area belong to the
 * scenario.
 */
#include <asm/prctl.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/ucontext.h>

#include "live.h"

enum { STACK_BYTES = 8192, VFORK_DEPTH = 8 };

/* One for the process, one for each vfork child that lives in its memory. */
__attribute__((section(".data"), aligned(4096))) static char stacks[VFORK_DEPTH][STACK_BYTES];

static struct shared *const shared = (struct shared *)SHARED_ADDRESS;

static long system6(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

static long system3(long number, long a, long b, long c) {
  return system6(number, a, b, c, 0, 0, 0);
}

__attribute__((noreturn)) static void end(int code) {
  for (;;) {
    system3(__NR_exit_group, code, 0, 0);
  }
}

/*
 * One access each, that returns 0, or the signal it met: the handler makes them return there.
 * child_on_stack calls run(slot, depth) on another stack; it returns in the parent only.
 */
uint32_t load_word(uint64_t address, uint64_t *into);
uint32_t store_word(uint64_t address, uint64_t word);
void access_failed(void);
void restore(void);
long vfork_on_stack(long flags, char *stack, long slot, long depth);
__asm__(
    ".text\n"
    "load_word:\n"
    "  movq (%rdi), %rax\n"
    "  movq %rax, (%rsi)\n"
    "  xorl %eax, %eax\n"
    "  ret\n"
    "store_word:\n"
    "  movq %rsi, (%rdi)\n"
    "  xorl %eax, %eax\n"
    "access_failed:\n"
    "  ret\n"
    "restore:\n"
    "  movl $15, %eax\n"
    "  syscall\n"
    "vfork_on_stack:\n"
    "  pushq %r12\n"
    "  pushq %r13\n"
    "  movq %rdx, %r12\n"
    "  movq %rcx, %r13\n"
    "  xorl %edx, %edx\n"
    "  xorl %r10d, %r10d\n"
    "  xorl %r8d, %r8d\n"
    "  movl $56, %eax\n"
    "  syscall\n"
    "  testq %rax, %rax\n"
    "  jnz 1f\n"
    "  xorl %ebp, %ebp\n"
    "  movq %r12, %rdi\n"
    "  movq %r13, %rsi\n"
    "  call run\n"
    "  hlt\n"
    "1: popq %r13\n"
    "  popq %r12\n"
    "  ret\n"
    ".globl _start\n"
    "_start:\n"
    "  xorl %ebp, %ebp\n"
    "  movq %rsp, %rdi\n"
    "  leaq stacks+8192(%rip), %rsp\n"
    "  call begin\n"
    "  hlt\n");

static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)info;
  struct sigcontext *at = &((struct ucontext *)context)->uc_mcontext;
  if (at->rip != (uint64_t)load_word && at->rip != (uint64_t)store_word) {
    end(128 + signal);
  }
  at->rax = (uint64_t)signal;
  at->rip = (uint64_t)access_failed;
}

static void catch_fault(int signal) {
  struct {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
  } action = {on_fault, SA_SIGINFO | SA_RESTORER | SA_NODEFER, restore, 0};
  system6(__NR_rt_sigaction, signal, (long)&action, 0, sizeof action.mask, 0, 0);
}

/* Dies when the controller dies, even if that was before we could say so. */
static void follow_controller(void) {
  system3(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
  if (system3(__NR_getppid, 0, 0, 0) != shared->controller) {
    end(1);
  }
}

static void answer(struct slot *me, int64_t result) {
  me->result = result;
  __atomic_store_n(&me->reply, me->request, __ATOMIC_RELEASE);
  __atomic_fetch_add(&shared->replies, 1, __ATOMIC_RELEASE);
  system3(__NR_futex, (long)&shared->replies, FUTEX_WAKE, 1);
}

static void await_request(struct slot *me) {
  uint32_t served = me->reply;
  while (__atomic_load_n(&me->request, __ATOMIC_ACQUIRE) == served) {
    system6(__NR_futex, (long)&me->request, FUTEX_WAIT, served, 0, 0, 0);
  }
}

static int64_t load(struct slot *me) {
  uint64_t pages = me->arguments[1];
  me->signal = 0;
  for (uint64_t i = 0; i < pages; i++) {
    me->signal = load_word(me->arguments[0] + i * PAGE_BYTES, &shared->words[i]);
    if (me->signal != 0) {
      return (int64_t)i;
    }
  }
  return (int64_t)pages;
}

static int64_t store(struct slot *me) {
  uint64_t pages = me->arguments[1];
  me->signal = 0;
  for (uint64_t i = 0; i < pages; i++) {
    me->signal = store_word(me->arguments[0] + i * PAGE_BYTES, me->arguments[2]);
    if (me->signal != 0) {
      return (int64_t)i;
    }
  }
  return (int64_t)pages;
}

static void run(long number, long depth) __attribute__((noreturn, used));

/* The child belongs to the controller, which so can wait for its end; in the child no return. */
static int64_t fork_child(struct slot *me, long depth) {
  long child = (long)me->arguments[0];
  long pid = system6(__NR_clone, SIGCHLD | CLONE_PARENT, 0, 0, 0, 0, 0);
  if (pid == 0) {
    run(child, depth);
  }
  return pid;
}

static int64_t vfork_child(struct slot *me, long depth) {
  if (depth + 1 == VFORK_DEPTH) {
    return -11; /* EAGAIN: no stack left; the controller allows fewer */
  }
  char *top = stacks[depth + 1] + STACK_BYTES;
  long flags = SIGCHLD | CLONE_PARENT | CLONE_VM | CLONE_VFORK;
  return vfork_on_stack(flags, top, (long)me->arguments[0], depth + 1);
}

static int64_t exec(long number) {
  char name[3] = {(char)('0' + number / 10), (char)('0' + number % 10), 0};
  char *arguments[] = {name, 0};
  char *environment[] = {0};
  return system6(__NR_execveat, PROGRAM_FD, (long)"", (long)arguments, (long)environment,
                 AT_EMPTY_PATH, 0);
}

static int64_t perform(struct slot *me, long number, long depth) {
  uint64_t *a = me->arguments;
  switch (me->operation) {
    case CALL:
      return system6((long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5],
                     (long)a[6]);
    case LOAD:
      return load(me);
    case STORE:
      return store(me);
    case FORK:
      return fork_child(me, depth);
    case VFORK:
      return vfork_child(me, depth);
    case EXEC:
      return exec(number);
    default:
      end(0);
  }
}

/* Serves a slot for ever, beginning with the answer that we are there. */
static void run(long number, long depth) {
  struct slot *me = &shared->slots[number];
  follow_controller();
  answer(me, system3(__NR_getpid, 0, 0, 0));
  for (;;) {
    await_request(me);
    answer(me, perform(me, number, depth));
  }
}

/*
 * The heap is moved to where it is agreed to be. PR_SET_MM_MAP asks for all such addresses at once,
 * but unlike its kin for no capability; the others only tell where procfs finds our arguments.
 */
static void move_heap(void) {
  uint64_t code = (uint64_t)load_word, data = (uint64_t)stacks;
  struct prctl_mm_map map = {.start_code = code,
                             .end_code = code + 1,
                             .start_data = data,
                             .end_data = data,
                             .start_brk = HEAP_START,
                             .brk = HEAP_START,
                             .start_stack = data,
                             .arg_start = data,
                             .arg_end = data,
                             .env_start = data,
                             .env_end = data,
                             .exe_fd = -1U};
  long failed = system6(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)&map, sizeof map, 0, 0);
  if (failed != 0) {
    end(HEAP_FAILED);
  }
}

/* No stack of exec's and no vdso: all of the upper addresses are the scenario's. */
static void clear_memory(void) {
  unsigned long low = 0x600000000000UL;
  system3(__NR_munmap, (long)low, (long)(0x7ffffffff000UL - low), 0);
}

/* The first argument is the number of the slot, in two digits. */
__attribute__((noreturn, used)) static void begin(long *initial) {
  const char *name = (const char *)initial[1];
  long number = (name[0] - '0') * 10 + (name[1] - '0');
  system6(__NR_mmap, SHARED_ADDRESS, sizeof(struct shared), PROT_READ | PROT_WRITE,
          MAP_SHARED | MAP_FIXED, SHARED_FD, 0);
  catch_fault(SIGSEGV);
  catch_fault(SIGBUS);
  move_heap();
  clear_memory();
  run(number, 0);
}
