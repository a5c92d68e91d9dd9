/* What another process sees: process_vm_readv pins a page for reading, copies, and lets it go. */
#include <sys/uio.h>

#include "controller.h"

static bool load(int pid, uint64_t address, uint64_t *word) {
  struct iovec here = {word, sizeof *word}, there = {(void *)address, sizeof *word};
  return process_vm_readv(pid, &here, 1, &there, 1, 0) == sizeof *word;
}

/* Loads a word of each page: errno, then the words up to it. */
void remote_load(int slot, uint64_t start, uint64_t pages) {
  struct buffer *out = reply_begin();
  size_t errno_at = out->size;
  uint64_t word;
  buffer_add_word(out, 0);
  for (uint64_t page = 0; page < pages; page++) {
    if (!load(process_pid(slot), start + page * PAGE_BYTES, &word)) {
      buffer_set_word(out, errno_at, (uint64_t)errno);
      break;
    }
    buffer_add_word(out, word);
  }
  lru_drain_here();
  reply_end();
}
