/* Does to memory what its arguments say, at a fixed address, so that a test knows what to find. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define REGION ((char *)0x100000000000)
#define REGION_BYTES (64UL << 20)
#define PAGE_BYTES 4096UL

static void touch(size_t bytes) {
  char *p = mmap(REGION, REGION_BYTES, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (p == MAP_FAILED) exit(99);
  for (size_t i = 0; i < bytes; i += PAGE_BYTES) p[i] = 1;
}

int main(int argc, char **argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    long n = atol(argv[i + 1]);
    if (!strcmp(argv[i], "touch")) touch((size_t)n << 20);
    if (!strcmp(argv[i], "hold")) usleep(n * 1000);
    if (!strcmp(argv[i], "say")) { printf("%ld\n", n); fflush(stdout); }
    if (!strcmp(argv[i], "exit")) return (int)n;
    if (!strcmp(argv[i], "unmap")) munmap(REGION, (size_t)n << 20);
    /* A grandchild whose parent is gone goes on with the rest of the arguments. */
    if (!strcmp(argv[i], "orphan")) {
      pid_t child = fork();
      if (child == 0) {
        if (fork() != 0) _exit(0);
        continue;
      }
      waitpid(child, 0, 0);
      usleep(n * 1000);
      return 0;
    }
  }
  return 0;
}
