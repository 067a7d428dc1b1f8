import type { ZmqSocket } from "./libzmq.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";

/** Eight times libzmq's own 8 KiB: of each call of the kernel, an eighth. */
const BATCH_BYTES = 64 * 1024;

/**
 * Has libzmq take more octets from a connection, or hand it more, in one call of the kernel: a flood
 * costs fewer of them. What has to leave at once does so as before.
 *
 * Not for a pusher: what libzmq has gathered for a connection goes down with it.
 */
export function batchOctets(socket: ZmqSocket, type: number): void {
  if (type === SOCKET_TYPE.pull || type === SOCKET_TYPE.sub) {
    socket.trySetInt(OPTION.inBatchBytes, BATCH_BYTES);
  }
  if (type === SOCKET_TYPE.xpub) socket.trySetInt(OPTION.outBatchBytes, BATCH_BYTES);
}
