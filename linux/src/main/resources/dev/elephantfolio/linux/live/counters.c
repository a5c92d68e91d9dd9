/* Counters of the machine and of each size of huge page, as lines of a name and a figure. */
#include <dirent.h>

#include "controller.h"

enum { FILES_MAX = 512, NAME_BYTES = 64 };
static const char directory[] = "/sys/kernel/mm/transparent_hugepage";

/* A counter of one size: hugepages-64kB/anon_fault_alloc. */
struct counter {
  char name[NAME_BYTES];
  int file;
};

static struct counter counters[FILES_MAX];
static int count;
static int vmstat;

static void open_counter(const char *size, const char *name) {
  char path[300];
  snprintf(path, sizeof path, "%s/%s/stats/%s", directory, size, name);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file >= 0 && count < FILES_MAX) {
    counters[count].file = file;
    snprintf(counters[count].name, NAME_BYTES, "%.28s/%.32s", size, name);
    count++;
  }
}

static void open_size(const char *size) {
  char path[300];
  snprintf(path, sizeof path, "%s/%.200s/stats", directory, size);
  DIR *entries = opendir(path);
  struct dirent *entry;
  while (entries != NULL && (entry = readdir(entries)) != NULL) {
    if (entry->d_name[0] != '.') {
      open_counter(size, entry->d_name);
    }
  }
  if (entries != NULL) {
    closedir(entries);
  }
}

void counters_start(void) {
  DIR *entries = opendir(directory);
  struct dirent *entry;
  if (entries == NULL) {
    die("this kernel has no transparent huge pages: there is no %s", directory);
  }
  while ((entry = readdir(entries)) != NULL) {
    if (strncmp(entry->d_name, "hugepages-", 10) == 0) {
      open_size(entry->d_name);
    }
  }
  closedir(entries);
  vmstat = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
  if (vmstat < 0) {
    die("/proc/vmstat: %s", strerror(errno));
  }
}

static void append_vmstat(struct buffer *out) {
  static char text[1 << 16];
  ssize_t size = pread(vmstat, text, sizeof text, 0);
  buffer_add(out, text, size < 0 ? 0 : (size_t)size);
}

void counters_append(struct buffer *out) {
  append_vmstat(out);
  for (int i = 0; i < count; i++) {
    char figure[32];
    ssize_t size = pread(counters[i].file, figure, sizeof figure, 0);
    buffer_add(out, counters[i].name, strlen(counters[i].name));
    buffer_add(out, " ", 1);
    buffer_add(out, size > 0 ? figure : "0\n", size > 0 ? (size_t)size : 2);
  }
}
