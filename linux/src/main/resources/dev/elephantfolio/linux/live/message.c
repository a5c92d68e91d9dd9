/*
 * Requests come on standard input, answers go to standard output, in order:
 *
 *   request   kind (4 bytes), count (4), then count words of 8 bytes
 *   answer    status (4), size (4), then size bytes: 0 the result, 1 a refusal in words,
 *             2 the same and the controller ends
 *
 * Many requests may be written before the first answer is read, as long as both fit into the pipes.
 */
#include <poll.h>

#include "controller.h"

enum { INPUT_BYTES = 1 << 16, HEADER_BYTES = 8 };
enum status { DONE, REFUSED, ENDED };

static uint64_t input[INPUT_BYTES / sizeof(uint64_t)];
static size_t input_from, input_to;
static struct buffer output;
static size_t reply_at;
static bool replying;

static void flush(void) {
  size_t done = 0;
  while (done < output.size) {
    ssize_t written = write(STDOUT_FILENO, output.bytes + done, output.size - done);
    if (written < 0 && errno != EINTR) {
      exit(1); /* Nobody reads any more. */
    }
    done += written < 0 ? 0 : (size_t)written;
  }
  output.size = 0;
}

struct buffer *reply_begin(void) {
  if (replying) {
    output.size = reply_at; /* What was begun came to nothing. */
  }
  replying = true;
  reply_at = output.size;
  buffer_add_word(&output, 0);
  return &output;
}

static void end_with(enum status status) {
  uint32_t header[2] = {status, (uint32_t)(output.size - reply_at - HEADER_BYTES)};
  memcpy(output.bytes + reply_at, header, sizeof header);
  replying = false;
}

void reply_end(void) {
  end_with(DONE);
}

void reply_word(uint64_t word) {
  buffer_add_word(reply_begin(), word);
  reply_end();
}

static void refuse(enum status status, const char *format, va_list arguments) {
  char line[400];
  vsnprintf(line, sizeof line, format, arguments);
  buffer_add(reply_begin(), line, strlen(line));
  end_with(status);
}

void reply_refusal(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  refuse(REFUSED, format, arguments);
  va_end(arguments);
}

void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  refuse(ENDED, format, arguments);
  va_end(arguments);
  flush();
  exit(1);
}

static bool fill(void) {
  memmove(input, (char *)input + input_from, input_to - input_from);
  input_to -= input_from;
  input_from = 0;
  ssize_t got;
  do {
    got = read(STDIN_FILENO, (char *)input + input_to, sizeof input - input_to);
  } while (got < 0 && errno == EINTR);
  input_to += got > 0 ? (size_t)got : 0;
  return got > 0;
}

static bool is_whole(void) {
  if (input_to - input_from < HEADER_BYTES) {
    return false;
  }
  uint32_t header[2];
  memcpy(header, (char *)input + input_from, sizeof header);
  size_t needed = HEADER_BYTES + (size_t)header[1] * sizeof(uint64_t);
  if (needed > sizeof input) {
    die("a request of %zu bytes", needed);
  }
  return input_to - input_from >= needed;
}

/* Waits for the next request; false when no more will come. Answers go out before we wait. */
bool message_next(struct request *request) {
  while (!is_whole()) {
    flush();
    if (!fill()) {
      return false;
    }
  }
  const char *at = (char *)input + input_from;
  uint32_t header[2];
  memcpy(header, at, sizeof header);
  request->kind = header[0];
  request->count = header[1];
  request->words = (const uint64_t *)(at + HEADER_BYTES);
  input_from += HEADER_BYTES + request->count * sizeof(uint64_t);
  return true;
}

/* Whether whoever asks is gone: looked at while we wait for something that may never come. */
bool message_hung_up(void) {
  struct pollfd in = {.fd = STDIN_FILENO, .events = 0};
  return poll(&in, 1, 0) > 0 && (in.revents & (POLLHUP | POLLERR)) != 0;
}
