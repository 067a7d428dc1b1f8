// The peer: libzmq's own proxy, which does the relay's job. Usage: proxy PULL_ENDPOINT HIGH_WATER_MARK
//
// Binds the publisher to a free port of the loopback, prints its endpoint and the library's version,
// and runs zmq_proxy until it is killed.

#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

static void *open_bound(void *context, int type, const char *endpoint, int mark) {
  void *socket = zmq_socket(context, type);
  zmq_setsockopt(socket, ZMQ_SNDHWM, &mark, sizeof mark);
  zmq_setsockopt(socket, ZMQ_RCVHWM, &mark, sizeof mark);
  if (zmq_bind(socket, endpoint) == 0) return socket;
  fprintf(stderr, "proxy: cannot bind %s: %s\n", endpoint, zmq_strerror(zmq_errno()));
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  void *context = zmq_ctx_new();
  void *pull = open_bound(context, ZMQ_PULL, argv[1], atoi(argv[2]));
  void *pub = open_bound(context, ZMQ_PUB, "tcp://127.0.0.1:*", atoi(argv[2]));
  char endpoint[256];
  size_t size = sizeof endpoint;
  int major, minor, patch;
  zmq_getsockopt(pub, ZMQ_LAST_ENDPOINT, endpoint, &size);
  zmq_version(&major, &minor, &patch);
  printf("%s %d.%d.%d\n", endpoint, major, minor, patch);
  fflush(stdout);
  return zmq_proxy(pull, pub, NULL);
}
