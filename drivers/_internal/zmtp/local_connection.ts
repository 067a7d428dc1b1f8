import type { Settings } from "../../contract/option.ts";
import type { ConnectionOptions } from "./connection_types.ts";
import { ownSession } from "./options.ts";
import { sessionProperties } from "./session.ts";

/**
 * How connections inside a host are made. Heartbeats would find nothing that the kernel does not tell,
 * and a peer that stands still is waited for.
 */
export function localConnection(
  socketType: "PUSH" | "PULL",
  settings: Settings,
  maxFrameBytes: number,
): ConnectionOptions {
  return {
    socketType,
    properties: sessionProperties(ownSession(settings)),
    maxFrameBytes,
    heartbeatIntervalMs: 0,
    heartbeatTimeoutMs: 0,
  };
}
