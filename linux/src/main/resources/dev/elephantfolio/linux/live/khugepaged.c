/*
 * khugepaged, made to work when it is asked to and then only.
 *
 * It sleeps for the longest time there is, and a write to scan_sleep_millisecs wakes it. Each time
 * it looks at pages_to_scan pages, but never begins at its list's head twice; so with more than it
 * can find, and its place at the head, one waking is one full scan that ends at the head again.
 * While it sleeps pages_to_scan is 1: a scenario that switches huge pages off and on starts it, and
 * it looks at once at the first process of its list and no further. That is one of ours which
 * stands for nothing, or one from before our time.
 */
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "controller.h"

static const char directory[] = "/sys/kernel/mm/transparent_hugepage";
enum { POLL_NANOS = 50000, STARTS_IN_VAIN = 10000, NICE_AT_WORK = -20, NICE_USUAL = 19 };

static int thread;         /* khugepaged's; it is another one after it was switched off */
static int thread_at_head; /* the one whose place is known to be the list's head */
static int64_t thp_disable[SLOTS]; /* what processes had while huge pages are off for them */

static int open_setting(const char *name, int mode) {
  char path[200];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return open(path, mode | O_CLOEXEC);
}

static void write_setting(const char *name, const char *value) {
  int file = open_setting(name, O_WRONLY);
  if (file < 0 || write(file, value, strlen(value)) < 0) {
    die("%s/%s cannot be written: %s", directory, name, strerror(errno));
  }
  close(file);
}

static void read_setting(const char *name, char *into, size_t size) {
  int file = open_setting(name, O_RDONLY);
  ssize_t got = file < 0 ? -1 : read(file, into, size - 1);
  if (got < 0) {
    die("%s/%s cannot be read: %s", directory, name, strerror(errno));
  }
  into[got] = 0;
  close(file);
}

static uint64_t full_scans(void) {
  char text[32];
  read_setting("khugepaged/full_scans", text, sizeof text);
  return strtoull(text, NULL, 10);
}

/* The state letter of /proc/PID/stat when that thread is khugepaged; 0 when it is not. */
static char state_of(int pid) {
  char path[40], text[200];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return 0;
  }
  ssize_t got = read(file, text, sizeof text - 1);
  close(file);
  text[got < 0 ? 0 : got] = 0;
  const char *name = strchr(text, '(');
  return name != NULL && strncmp(name, "(khugepaged) ", 13) == 0 ? name[13] : 0;
}

/* Finds the thread; 0 when huge pages are off and there is none. */
static int find_thread(void) {
  if (thread != 0 && state_of(thread) != 0) {
    return thread;
  }
  thread = 0;
  DIR *all = opendir("/proc");
  struct dirent *entry;
  while (all != NULL && thread == 0 && (entry = readdir(all)) != NULL) {
    int pid = atoi(entry->d_name);
    if (pid > 0 && state_of(pid) != 0) {
      thread = pid;
    }
  }
  if (all != NULL) {
    closedir(all);
  }
  return thread;
}

static void pause_a_little(void) {
  const struct timespec pause = {0, POLL_NANOS};
  nanosleep(&pause, NULL);
  if (message_hung_up()) {
    exit(1);
  }
}

static void start_it(void) {
  write_setting("khugepaged/scan_sleep_millisecs", "4294967295");
}

/*
 * Waits until it has ended a full scan and sleeps again. One that was about to sleep does not
 * notice that it is to start; it then sleeps without having done anything, and is started again.
 */
static void await_scan(uint64_t scans_before) {
  int in_vain = 0;
  while (in_vain < STARTS_IN_VAIN) {
    char state = state_of(thread);
    bool ended = full_scans() != scans_before;
    if (state == 'S' && ended) {
      return;
    }
    if (state == 'S') {
      start_it();
      in_vain++;
    }
    pause_a_little();
  }
  die("khugepaged does not work: its full_scans stay at %lu", scans_before);
}

/* It works at the lowest priority; for a scan that we wait for it has the highest. */
static void hurry(bool hurried) {
  setpriority(PRIO_PROCESS, (id_t)thread, hurried ? NICE_AT_WORK : NICE_USUAL);
}

/* One waking: from the list's head one full scan, from elsewhere up to a second one. */
static void wake(void) {
  uint64_t before = full_scans();
  hurry(true);
  write_setting("khugepaged/pages_to_scan", "2147483647");
  start_it();
  await_scan(before);
  write_setting("khugepaged/pages_to_scan", "1");
  hurry(false);
}

static bool call_prctl(int slot, uint64_t option, uint64_t value, uint64_t flags,
                       int64_t *result) {
  const uint64_t call[7] = {SYS_prctl, option, value, flags, 0, 0, 0};
  return process_call(slot, CALL, call, 7, result);
}

/* Switches huge pages off for all processes; a vfork child does it for those that wait for it. */
static bool hide_processes(void) {
  for (int slot = 0; slot < USABLE_SLOTS; slot++) {
    int64_t ignored;
    if (process_is_free(slot) &&
        (!call_prctl(slot, PR_GET_THP_DISABLE, 0, 0, &thp_disable[slot]) ||
         !call_prctl(slot, PR_SET_THP_DISABLE, 1, 0, &ignored))) {
      return false;
    }
  }
  return true;
}

/* Gives each what it had before; the answer's upper bits are the flags. */
static bool show_processes(void) {
  for (int slot = 0; slot < USABLE_SLOTS; slot++) {
    uint64_t value = (uint64_t)thp_disable[slot];
    int64_t ignored;
    if (process_is_free(slot) &&
        !call_prctl(slot, PR_SET_THP_DISABLE, value & 1, value & ~1UL, &ignored)) {
      return false;
    }
  }
  return true;
}

/*
 * Brings it to the list's head. Whatever it passes meanwhile must not count: processes for which
 * huge pages are off are not looked at.
 */
static bool go_to_head(void) {
  if (!hide_processes()) {
    return false;
  }
  wake();
  wake();
  thread_at_head = thread;
  return show_processes();
}

/* Called when no process of a scenario is there yet. */
void khugepaged_start(void) {
  if (find_thread() != 0) {
    go_to_head();
  }
}

/* False after a refusal; none are done when huge pages are off. */
bool khugepaged_scans(uint64_t scans, uint64_t *done) {
  *done = 0;
  if (find_thread() == 0) {
    return true;
  }
  if (thread != thread_at_head && !go_to_head()) {
    return false;
  }
  for (; *done < scans; ++*done) {
    wake();
  }
  lru_drain_everywhere();
  return true;
}
