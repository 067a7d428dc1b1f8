// Numbers of libzmq's own zmq.h, under the names they have here.

/** Socket types of zmq.h in use. */
export const SOCKET_TYPE = {
  pair: 0,
  sub: 2,
  dealer: 5,
  router: 6,
  pull: 7,
  push: 8,
  xpub: 9,
} as const;

/** Socket options of zmq.h in use. */
export const OPTION = {
  subscribe: 6,
  unsubscribe: 7,
  receiveMore: 13,
  fd: 14,
  events: 15,
  linger: 17,
  reconnectIntervalMs: 18,
  backlog: 19,
  reconnectIntervalMaxMs: 21,
  maxMessageBytes: 22,
  sendHighWaterMark: 23,
  receiveHighWaterMark: 24,
  lastEndpoint: 32,
  routerMandatory: 33,
  tcpKeepalive: 34,
  tcpKeepaliveIdleSeconds: 36,
  tcpKeepaliveIntervalSeconds: 37,
  immediate: 39,
  xpubVerbose: 40,
  ipv6: 42,
  xpubNoDrop: 69,
  heartbeatIntervalMs: 75,
  heartbeatTimeoutMs: 77,
  connectTimeoutMs: 79,
  tcpUnansweredMs: 80,
} as const;

/** Bits of {@linkcode OPTION.events}. */
export const EVENT_IN = 1;
export const EVENT_OUT = 2;
