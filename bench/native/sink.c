// Any number of subscribers in one thread, which count what they get, and write it to a file when one
// is given. Usage: sink ENDPOINT SUBSCRIBERS HIGH_WATER_MARK [FILE]
//
// Prints "live" once every subscriber had an event; then answers each line "COUNT" with "ready", and
// with one of JSON when each of them had so many, or nothing came for a while.

#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <zmq.h>

#include "event.h"
#include "timing.h"

enum { LARGEST = LARGEST_EVENT + 256, IDLE_NS = 200000 };
static const uint64_t PATIENCE_NS = 4ull * SECOND;

static void **subscribers;
static int subscriber_count;
static FILE *file;
static size_t received;
static uint64_t first, last;

static void die(const char *what) {
  fprintf(stderr, "sink: %s: %s\n", what, zmq_strerror(zmq_errno()));
  exit(1);
}

// Takes what has come for one subscriber; returns how many events, probes among them.
static size_t drain(void *socket) {
  static char topic[256], event[LARGEST];
  for (size_t count = 0;; count++) {
    if (zmq_recv(socket, topic, sizeof topic, ZMQ_DONTWAIT) < 0) return count;
    int size = zmq_recv(socket, event, sizeof event, 0);
    if (size < SMALLEST_EVENT) continue;
    if (file != NULL) {
      fwrite(event, 1, (size_t)size, file);
      fputc('\n', file);
    }
    if (get_hex(event + ROUND_AT, ROUND_DIGITS) == 0) continue;
    last = now_ns();
    if (received++ == 0) first = last;
  }
}

static size_t drain_all(void) {
  size_t count = 0;
  for (int i = 0; i < subscriber_count; i++) count += drain(subscribers[i]);
  if (file != NULL) fflush(file);
  return count;
}

static void await_live(void) {
  for (int live = 0; live < subscriber_count; pause_ns(IDLE_NS)) {
    for (; live < subscriber_count && drain(subscribers[live]) > 0; live++);
  }
  puts("live");
}

static void run_round(size_t count) {
  drain_all();
  received = 0;
  puts("ready");
  size_t wanted = count * (size_t)subscriber_count;
  for (uint64_t since = now_ns(); received < wanted && now_ns() - since < PATIENCE_NS;) {
    if (drain_all() > 0) since = now_ns();
    else pause_ns(IDLE_NS);
  }
  printf("{\"received\":%zu,\"ns\":%" PRIu64 "}\n", received, last - first);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  subscriber_count = atoi(argv[2]);
  int mark = atoi(argv[3]);
  if (argc > 4 && (file = fopen(argv[4], "a")) == NULL) die(argv[4]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  void *context = zmq_ctx_new();
  zmq_ctx_set(context, ZMQ_MAX_SOCKETS, subscriber_count + 8);
  subscribers = calloc((size_t)subscriber_count, sizeof *subscribers);
  for (int i = 0; i < subscriber_count; i++) {
    void *socket = subscribers[i] = zmq_socket(context, ZMQ_SUB);
    if (socket == NULL) die("zmq_socket");
    zmq_setsockopt(socket, ZMQ_RCVHWM, &mark, sizeof mark);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "D", 1);
    if (zmq_connect(socket, argv[1]) != 0) die("zmq_connect");
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  await_live();
  for (size_t count; scanf("%zu", &count) == 1;) run_round(count);
  return 0;
}
