// Constants of libzmq's zmq.h, under the names of this project.

/** The used socket types of zmq.h. */
export const SOCKET_TYPE = { pair: 0, pub: 1, sub: 2, pull: 7, push: 8 } as const;

/** The used socket options of zmq.h. */
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
  ipv6: 42,
  handshakeTimeoutMs: 66,
  heartbeatIntervalMs: 75,
  heartbeatTimeoutMs: 77,
  connectTimeoutMs: 79,
} as const;
