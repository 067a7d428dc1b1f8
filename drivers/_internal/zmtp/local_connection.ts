import type { ConnectionOptions } from "./connection.ts";
import { sessionProperties } from "./session.ts";

/**
 * How connections inside a host are made. Heartbeats would find nothing that the kernel does not tell,
 * and a peer that stands still is waited for.
 */
export function localConnection(
  socketType: "PUSH" | "PULL",
  maxFrameBytes: number,
): ConnectionOptions {
  return {
    socketType,
    properties: sessionProperties({ node: "", processId: Deno.pid, version: "" }),
    maxFrameBytes,
    heartbeatIntervalMs: 0,
    heartbeatTimeoutMs: 0,
  };
}
