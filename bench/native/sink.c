// Any number of subscribers in one thread. They count events, and write them to FILE if there is one.
// They use the topics in turn. Usage: sink ENDPOINT SUBSCRIBERS HIGH_WATER_MARK TOPICS [FILE]
//
// Prints "live" once every subscriber has received an event. Then answers each input line "COUNT" with
// "ready". It prints one line of JSON when every subscriber has its share of COUNT events, or when no
// event arrives for a while.

#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <zmq.h>

#include "event.h"
#include "timing.h"

enum { LARGEST = LARGEST_EVENT + 256, IDLE_NS = 200000 };
static const uint64_t TIMEOUT_NS = 4ull * SECOND;

static void **subscribers;
static int subscriber_count;
static size_t topics;
static FILE *file;
static size_t received;
// The current round, which equals the round of the source. Events of other rounds are probes or late.
static uint64_t round_number;
// The arrival times of the first and the last event, and the send time of the last event.
static uint64_t first, last, departed;

static void die(const char *what) {
  fprintf(stderr, "sink: %s: %s\n", what, zmq_strerror(zmq_errno()));
  exit(1);
}

// Reads one subscriber's pending events, and returns their number, including probes.
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
    if (get_hex(event + ROUND_AT, ROUND_DIGITS) != round_number) continue;
    last = now_ns();
    departed = get_hex(event + TIME_AT, TIME_DIGITS);
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
  round_number++;
  puts("ready");
  size_t wanted = count * (size_t)subscriber_count / topics;
  for (uint64_t since = now_ns(); received < wanted && now_ns() - since < TIMEOUT_NS;) {
    if (drain_all() > 0) since = now_ns();
    else pause_ns(IDLE_NS);
  }
  printf("{\"received\":%zu,\"ns\":%" PRIu64, received, last - first);
  printf(",\"lastNs\":%" PRIu64 "}\n", last - departed);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  subscriber_count = atoi(argv[2]);
  int mark = atoi(argv[3]);
  topics = strtoul(argv[4], NULL, 10);
  if (argc > 5 && (file = fopen(argv[5], "a")) == NULL) die(argv[5]);
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
    char topic[TOPIC_SIZE];
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic, put_topic(topic, (size_t)i, topics));
    if (zmq_connect(socket, argv[1]) != 0) die("zmq_connect");
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  await_live();
  for (size_t count; scanf("%zu", &count) == 1;) run_round(count);
  return 0;
}
