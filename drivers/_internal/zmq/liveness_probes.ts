import type { Settings } from "../../contract/option.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { heartbeatInterval, heartbeatTimeout } from "./options.ts";
import { OPTION } from "./zmq_h.ts";

/** Time after which a connection without an answer ends, in milliseconds. */
export function answerTimeoutMs(settings: Settings): number {
  return Math.round(settings.get(heartbeatTimeout) * 1000);
}

/** Probes the next connections with ZMTP heartbeats, which notice a peer that hangs. */
export function probeByHeartbeats(socket: ZmqSocket, settings: Settings): void {
  const intervalMs = Math.round(settings.get(heartbeatInterval) * 1000);
  if (intervalMs === 0) return;
  socket.setInt(OPTION.heartbeatIntervalMs, intervalMs);
  socket.setInt(OPTION.heartbeatTimeoutMs, answerTimeoutMs(settings));
}

/**
 * Has the kernel probe the next connections, and end one whose peer acknowledges nothing. A peer of
 * libzmq 4.0 or 4.1 answers no ZMTP heartbeat, but its kernel answers the kernel's probes.
 */
export function probeByTcp(socket: ZmqSocket, settings: Settings): void {
  const intervalSeconds = Math.ceil(settings.get(heartbeatInterval));
  socket.setInt(OPTION.heartbeatIntervalMs, 0);
  if (intervalSeconds === 0) return;
  socket.setInt(OPTION.tcpKeepalive, 1);
  socket.setInt(OPTION.tcpKeepaliveIdleSeconds, intervalSeconds);
  socket.setInt(OPTION.tcpKeepaliveIntervalSeconds, intervalSeconds);
  socket.setInt(OPTION.tcpUnansweredMs, answerTimeoutMs(settings));
}
