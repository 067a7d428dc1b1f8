import type { ZmqSocket } from "./libzmq.ts";
import { OPTION } from "./zmq_h.ts";

/** Messages of one peer: far more than waits anywhere, and still an end to what memory is taken. */
const NEVER_FULL = 1_000_000;

/**
 * Bounds what libzmq keeps of a peer's messages until they are read.
 *
 * Between hosts its own queue must never be full. Then libzmq reads from the connection no more,
 * and a heartbeat of either side that comes while the connection is lost, or that gives it up, ends
 * the whole process. There whoever owns the socket reads it in any case, and bounds what waits
 * itself. Within a host there are no heartbeats, and a full queue makes senders wait.
 */
export function boundReceiving(socket: ZmqSocket, address: string, messages: number): void {
  const isLocal = address.startsWith("ipc:");
  const bound = isLocal ? messages : Math.max(messages, NEVER_FULL);
  socket.setInt(OPTION.receiveHighWaterMark, bound);
}
