// A publisher or a pusher at any rate. It uses the topics in turn.
// Usage: source pub|push ENDPOINT EVENT_BYTES HIGH_WATER_MARK TOPICS
//
// Prints its endpoint once it is bound or connected. Then sends a round for each input line
// "COUNT RATE" (events per second; 0: as fast as possible), and prints one line of JSON when libzmq has
// accepted all events. A COUNT of 0 sends a probe on each topic.

#include <inttypes.h>
#include <stdlib.h>
#include <zmq.h>

#include "event.h"
#include "timing.h"

static void die(const char *what) {
  fprintf(stderr, "source: %s: %s\n", what, zmq_strerror(zmq_errno()));
  exit(1);
}

static void *open_socket(int is_publisher, const char *endpoint, int mark) {
  void *socket = zmq_socket(zmq_ctx_new(), is_publisher ? ZMQ_PUB : ZMQ_PUSH);
  zmq_setsockopt(socket, ZMQ_SNDHWM, &mark, sizeof mark);
  if ((is_publisher ? zmq_bind : zmq_connect)(socket, endpoint) != 0) die(endpoint);
  return socket;
}

static void *socket;
static char *event;
static size_t size, topics;

static void send_event(size_t index, uint64_t round) {
  char topic[TOPIC_SIZE];
  size_t topic_size = put_topic(topic, index, topics);
  stamp_event(event, round);
  if (zmq_send(socket, topic, topic_size, ZMQ_SNDMORE) < 0 || zmq_send(socket, event, size, 0) < 0) {
    die("zmq_send");
  }
}

int main(int argc, char **argv) {
  size = argc == 6 ? strtoul(argv[3], NULL, 10) : 0;
  if (size < SMALLEST_EVENT || size > LARGEST_EVENT) return 2;
  topics = strtoul(argv[5], NULL, 10);
  socket = open_socket(strcmp(argv[1], "pub") == 0, argv[2], atoi(argv[4]));
  event = malloc(size);
  char bound[256];
  size_t count, length = sizeof bound;
  double rate;
  zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &length);
  make_event(event, size);
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("at %s\n", bound);
  for (uint64_t round = 1; scanf("%zu %lf", &count, &rate) == 2;) {
    uint64_t start = now_ns();
    for (size_t probe = 0; count == 0 && probe < topics; probe++) send_event(probe, 0);
    for (size_t sent = 0; sent < count; sent++) {
      pace(start, sent, rate);
      send_event(sent, round);
    }
    if (count > 0) round++;
    printf("{\"sent\":%zu,\"ns\":%" PRIu64 "}\n", count, now_ns() - start);
  }
  return 0;
}
