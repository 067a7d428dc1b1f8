import type { LibzmqSymbols } from "./libzmq_library.ts";

const NOT_ACKNOWLEDGED = 0x5411n; // SIOCOUTQ
const NOT_SENT = 0x894bn; // SIOCOUTQNSD

/** What the kernel still has to send on a TCP connection, in octets. */
export interface TcpQueue {
  /** Not yet on the wire: the peer's window or the network has no room. */
  readonly notSent: number;
  /** That, and what the peer has not acknowledged. */
  readonly notAcknowledged: number;
}

const NOTHING: TcpQueue = { notSent: 0, notAcknowledged: 0 };

/** Asks the kernel; a descriptor that is no TCP connection any more has nothing to send. */
export function tcpQueue(symbols: LibzmqSymbols, fd: number): TcpQueue {
  const value = new Int32Array(1);
  if (symbols.ioctl(fd, NOT_SENT, value) !== 0) return NOTHING;
  const notSent = value[0] ?? 0;
  if (symbols.ioctl(fd, NOT_ACKNOWLEDGED, value) !== 0) return NOTHING;
  return { notSent, notAcknowledged: value[0] ?? 0 };
}
