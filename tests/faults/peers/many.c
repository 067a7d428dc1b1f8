// Many plain SUB sockets on one publisher. Each counts the events that it receives, and checks that
// their sequence numbers are consecutive.
//
//     many ADDRESS SOCKETS
//
// prints "live" when every socket has received an event. At the end of its standard input, after half a
// second without events, it prints one line of JSON for all sockets:
// {"sockets","first" (the highest first number),"last" (the lowest last number),"expected","received"}
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { LARGEST = 65536, QUIET_MS = 500, LOOK_MS = 100, STAMP_END = 23 };

struct counter {
  uint64_t first, last, received, disordered;
};

static void die(const char *what) {
  fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
  exit(1);
}

// The stamp is at the end: ... "seq" uint64 "sent" uint64; 0 for an event without one.
static uint64_t number_of(const unsigned char *event, int size) {
  static const unsigned char name[] = {0xa3, 's', 'e', 'q', 0xcf};
  if (size < STAMP_END + 4 || size > LARGEST) return 0;
  const unsigned char *at = event + size - STAMP_END;
  if (memcmp(at - 4, name, sizeof name) != 0) return 0;
  uint64_t number = 0;
  for (int i = 1; i <= 8; i++) number = number << 8 | at[i];
  return number;
}

static void note(struct counter *counter, uint64_t number) {
  if (number == 0) return;
  if (counter->received == 0) counter->first = number;
  if (number <= counter->last) counter->disordered++;
  counter->last = number;
  counter->received++;
}

// Reads all pending events. Returns false when there were none.
static int drain(void *socket, struct counter *counter) {
  static char topic[256];
  static unsigned char event[LARGEST];
  int any = 0;
  while (zmq_recv(socket, topic, sizeof topic, ZMQ_DONTWAIT) >= 0) {
    int size = zmq_recv(socket, event, sizeof event, ZMQ_DONTWAIT);
    note(counter, number_of(event, size));
    any = 1;
  }
  return any;
}

static int input_ended(void) {
  struct pollfd in = {.fd = 0, .events = POLLIN};
  char ignored[64];
  return poll(&in, 1, 0) > 0 && fgets(ignored, sizeof ignored, stdin) == NULL;
}

static void report(const struct counter *counters, int count) {
  uint64_t first = 0, last = UINT64_MAX, expected = 0, received = 0, disordered = 0;
  for (int i = 0; i < count; i++) {
    if (counters[i].first > first) first = counters[i].first;
    if (counters[i].last < last) last = counters[i].last;
    expected += counters[i].last - counters[i].first + 1;
    received += counters[i].received;
    disordered += counters[i].disordered;
  }
  printf("{\"sockets\":%d,\"first\":%" PRIu64 ",\"last\":%" PRIu64, count, first, last);
  printf(",\"expected\":%" PRIu64 ",\"received\":%" PRIu64, expected, received);
  printf(",\"disordered\":%" PRIu64 "}\n", disordered);
}

static void *open_socket(void *context, const char *address) {
  void *socket = zmq_socket(context, ZMQ_SUB);
  int unlimited = 0;
  if (socket == NULL) die("zmq_socket");
  zmq_setsockopt(socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
  zmq_setsockopt(socket, ZMQ_LINGER, &unlimited, sizeof unlimited);
  zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "D", 1);
  if (zmq_connect(socket, address) != 0) die("zmq_connect");
  return socket;
}

int main(int argc, char **argv) {
  int count = argc == 3 ? atoi(argv[2]) : 0;
  if (count < 1) return 2;
  void *context = zmq_ctx_new();
  zmq_pollitem_t *items = calloc((size_t)count, sizeof *items);
  struct counter *counters = calloc((size_t)count, sizeof *counters);
  for (int i = 0; i < count; i++) {
    items[i].socket = open_socket(context, argv[1]);
    items[i].events = ZMQ_POLLIN;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  int live = 0, ended = 0;
  for (int quiet = 0; !ended || quiet < QUIET_MS;) {
    int ready = zmq_poll(items, count, LOOK_MS);
    if (ready < 0) die("zmq_poll");
    for (int i = 0; i < count; i++) {
      if ((items[i].revents & ZMQ_POLLIN) && drain(items[i].socket, &counters[i])) quiet = 0;
    }
    if (ready == 0) quiet += LOOK_MS;
    int heard = 0;
    while (!live && heard < count && counters[heard].received > 0) heard++;
    if (!live && heard == count) live = puts("live") >= 0;
    if (!ended) ended = input_ended();
  }
  report(counters, count);
  return 0;
}
