#include "controller.h"

/* Room for so many more bytes at the end, which count as written. */
char *buffer_room(struct buffer *buffer, size_t more) {
  size_t needed = buffer->size + more;
  if (needed > buffer->capacity) {
    size_t capacity = buffer->capacity == 0 ? 1 << 16 : buffer->capacity;
    while (capacity < needed) {
      capacity *= 2;
    }
    buffer->bytes = realloc(buffer->bytes, capacity);
    if (buffer->bytes == NULL) {
      die("no memory for %zu bytes", capacity);
    }
    buffer->capacity = capacity;
  }
  char *room = buffer->bytes + buffer->size;
  buffer->size = needed;
  return room;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t size) {
  memcpy(buffer_room(buffer, size), bytes, size);
}

void buffer_add_word(struct buffer *buffer, uint64_t word) {
  buffer_add(buffer, &word, sizeof word);
}

void buffer_set_word(struct buffer *buffer, size_t at, uint64_t word) {
  memcpy(buffer->bytes + at, &word, sizeof word);
}
