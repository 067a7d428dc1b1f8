// Both ends of a relay: pushes events into it and receives them from its publisher, in two threads on
// two contexts. Usage: load PUSH_ENDPOINT SUB_ENDPOINT EVENT_BYTES HIGH_WATER_MARK WINDOW
//
// Prints "live" once an event has arrived. Then runs a round for each input line "COUNT RATE" (events
// per second; 0: as fast as possible) and prints one line of JSON. At most WINDOW events are in
// flight, fewer than any queue holds.

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <zmq.h>

#include "event.h"
#include "timing.h"

enum { WINDOW_WAIT_NS = 100000, PROBE_WAIT_NS = 1000000 };
static const uint64_t TIMEOUT_NS = 3ull * SECOND;

static void *sub;
static size_t event_bytes;
static atomic_int live;

// The current round. Events of round 0 are probes.
static struct {
  atomic_uint_fast64_t number;
  atomic_size_t received;
  uint64_t first, last, *latencies;
  size_t count;
} current;

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, zmq_strerror(zmq_errno()));
  exit(1);
}

static void *open_socket(int type, int mark) {
  void *socket = zmq_socket(zmq_ctx_new(), type);
  if (socket == NULL) die("zmq_socket");
  zmq_setsockopt(socket, ZMQ_SNDHWM, &mark, sizeof mark);
  zmq_setsockopt(socket, ZMQ_RCVHWM, &mark, sizeof mark);
  return socket;
}

static void note(const char *event) {
  uint64_t now = now_ns(), round = get_hex(event + ROUND_AT, ROUND_DIGITS);
  if (round == 0) atomic_store(&live, 1);
  if (round == 0 || round != atomic_load(&current.number)) return;
  size_t index = atomic_load(&current.received);
  if (index < current.count) current.latencies[index] = now - get_hex(event + TIME_AT, TIME_DIGITS);
  if (index == 0) current.first = now;
  current.last = now;
  atomic_store(&current.received, index + 1);
}

static void *receive_all(void *unused) {
  char *event = malloc(event_bytes);
  for (char topic[256];;) {
    if (zmq_recv(sub, topic, sizeof topic, 0) < 0) die("zmq_recv");
    // A relay may append to an event, as the service does with its stamp. This drops the appended bytes.
    if (zmq_recv(sub, event, event_bytes, 0) >= (int)event_bytes) note(event);
  }
  return unused;
}

static void send_event(void *push, char *event, uint64_t round) {
  stamp_event(event, round);
  if (zmq_send(push, "D", 1, ZMQ_SNDMORE) < 0 || zmq_send(push, event, event_bytes, 0) < 0) {
    die("zmq_send");
  }
}

// Waits until `count` events have arrived. Returns false when they stop arriving.
static int await_received(size_t count) {
  size_t seen = atomic_load(&current.received);
  for (uint64_t since = now_ns(); seen < count;) {
    pause_ns(WINDOW_WAIT_NS);
    size_t now_seen = atomic_load(&current.received);
    if (now_seen != seen) since = now_ns();
    if (now_ns() - since > TIMEOUT_NS) return 0;
    seen = now_seen;
  }
  return 1;
}

static void probe(void *push, char *event) {
  for (uint64_t start = now_ns(); !atomic_load(&live); pause_ns(PROBE_WAIT_NS)) {
    if (now_ns() - start > TIMEOUT_NS) die("no probe came through");
    send_event(push, event, 0);
  }
  puts("live");
}

static int by_size(const void *a, const void *b) {
  uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return (left > right) - (left < right);
}

static void report(size_t sent) {
  size_t received = atomic_load(&current.received);
  size_t known = received < sent ? received : sent;
  uint64_t *latencies = current.latencies, ns = current.last - current.first;
  qsort(latencies, known, sizeof *latencies, by_size);
  printf("{\"sent\":%zu,\"received\":%zu,\"ns\":%" PRIu64, sent, received, ns);
  printf(",\"p50Ns\":%" PRIu64 ",\"p99Ns\":%" PRIu64 "}\n", latencies[known / 2],
         latencies[known * 99 / 100]);
}

struct plan {
  size_t count, window;
  double rate;
};

static void run_round(void *push, char *event, struct plan plan, uint64_t round) {
  uint64_t start = now_ns();
  size_t sent = 0;
  // One spare entry: a round without arrivals still has a first latency to report.
  current.latencies = calloc(plan.count + 1, sizeof *current.latencies);
  current.count = plan.count;
  atomic_store(&current.received, 0);
  atomic_store(&current.number, round);
  for (; sent < plan.count; sent++) {
    if (sent >= plan.window && !await_received(sent - plan.window + 1)) break;
    pace(start, sent, plan.rate);
    send_event(push, event, round);
  }
  await_received(sent);
  report(sent);
  atomic_store(&current.number, 0);
  free(current.latencies);
}

int main(int argc, char **argv) {
  event_bytes = argc == 6 ? strtoul(argv[3], NULL, 10) : 0;
  if (event_bytes < SMALLEST_EVENT || event_bytes > LARGEST_EVENT) return 2;
  void *push = open_socket(ZMQ_PUSH, atoi(argv[4]));
  sub = open_socket(ZMQ_SUB, atoi(argv[4]));
  zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "D", 1);
  if (zmq_connect(push, argv[1]) != 0 || zmq_connect(sub, argv[2]) != 0) die("zmq_connect");
  setvbuf(stdout, NULL, _IOLBF, 0);
  char *event = malloc(event_bytes);
  make_event(event, event_bytes);
  pthread_t receiver;
  pthread_create(&receiver, NULL, receive_all, NULL);
  probe(push, event);
  struct plan plan = {.window = strtoul(argv[5], NULL, 10)};
  for (uint64_t round = 1; scanf("%zu %lf", &plan.count, &plan.rate) == 2; round++) {
    run_round(push, event, plan, round);
  }
  return 0;
}
