/* The parts of the controller, a file each. */
#ifndef CONTROLLER_H
#define CONTROLLER_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live.h"

/* An address range, as far as the byte before its end. */
struct range {
  uint64_t start, end;
};

/* buffer.c: bytes that grow. */
struct buffer {
  char *bytes;
  size_t size, capacity;
};
char *buffer_room(struct buffer *buffer, size_t more);
void buffer_add(struct buffer *buffer, const void *bytes, size_t size);
void buffer_add_word(struct buffer *buffer, uint64_t word);
void buffer_set_word(struct buffer *buffer, size_t at, uint64_t word);

/* message.c: what is asked for, and what is answered. */
struct request {
  uint32_t kind, count;
  const uint64_t *words;
};
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
bool message_next(struct request *request);
bool message_hung_up(void);
struct buffer *reply_begin(void);
void reply_end(void);
void reply_refusal(const char *format, ...) __attribute__((format(printf, 1, 2)));
void reply_word(uint64_t word);

/* mailbox.c: the memory shared with the processes. */
void mailbox_start(void);
struct slot *mailbox(int slot);
void mailbox_post(int slot, enum operation operation, const uint64_t *arguments, int count);
void mailbox_expect(int slot);
bool mailbox_answered(int slot);
uint32_t mailbox_answers(void);
bool mailbox_sleep(uint32_t answers);
const uint64_t *process_words(void);
uint64_t process_scratch(int slot);

/* zygote.c */
void zygote_start(const char *program);
void zygote_start_dummy(void);

/* processes.c: the processes and their calls; false after a refusal was answered. */
bool process_start_zygote(int pid);
bool process_usable(uint64_t slot);
int process_pid(int slot);
bool process_is_free(int slot);
int process_loader(int slot);
bool process_call(int slot, enum operation operation, const uint64_t *arguments, int count,
                  int64_t *result);
bool process_load(int slot, uint64_t address, uint64_t pages, uint64_t *loaded);
uint32_t process_signal(int slot);
bool process_spawn(int child);
bool process_fork(int parent, int child, int64_t *result);
bool process_vfork(int parent, int child, int64_t *result);
bool process_exec(int slot, int64_t *result);
bool process_exit(int slot);
void processes_end(void);

/* holds.c: pages that processes hold by pins and pipes. */
void holds_start(void);
void holds_end(int slot);
void hold_by_pin(int slot, uint64_t start, uint64_t pages);
void hold_by_pipe(int slot, uint64_t start, uint64_t pages);
void hold_load(uint64_t number);
void hold_store(uint64_t number, uint64_t word);
void hold_end(uint64_t number);

/* remote.c: a process's memory as another process reads it. */
void remote_load(int slot, uint64_t start, uint64_t pages);

/* lru.c: the per-processor batches of folios on their way to the LRU lists. */
void lru_start(void);
void lru_drain_here(void);
void lru_drain_everywhere(void);

/* areas.c: the entries of smaps that lie in a range. */
bool areas_append(struct buffer *out, int pid, const struct range *ranges, int count);

/* pages.c: the pages of a process that are there. */
struct page {
  uint64_t address, entry, categories, value;
  uint32_t process;
  bool has_value;
};
struct pages {
  struct page *page;
  size_t count, capacity;
};
void pages_check(void);
bool pages_append(struct pages *pages, int process, int pid, const struct range *ranges, int count);
uint64_t page_pfn(const struct page *page);

/* frames.c: what the kernel's frame files say of frames. */
struct frame {
  uint64_t flags, map_count, head_pfn;
  uint32_t order;
};
void frames_start(void);
void frames_read(const struct pages *pages);
struct frame frame_of(uint64_t pfn);

/* values.c: first words of frames, read through the kernel's own mapping. */
bool values_start(void);
void values_read(struct pages *pages);

/* observe.c */
void observe_start(bool values_by_frames);
void observe(const struct request *request);

/* counters.c */
void counters_start(void);
void counters_append(struct buffer *out);

/* damon.c */
void damon_start(void);
uint64_t damon_applied(void);

/* khugepaged.c */
void khugepaged_start(void);
bool khugepaged_scans(uint64_t scans, uint64_t *done);

/* split.c */
void split_start(void);
bool split_by_file(void);
void split(int slot, uint64_t start, uint64_t end, uint64_t order);

#endif
