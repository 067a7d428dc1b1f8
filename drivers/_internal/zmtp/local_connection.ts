import type { ServiceAnnouncement } from "../../contract/peer_state.ts";
import type { Settings } from "../../contract/option.ts";
import type { ConnectionOptions } from "./connection_types.ts";
import { ownSession } from "./options.ts";
import { sessionProperties } from "./session.ts";

/**
 * The options of connections inside a host. There are no heartbeats: the kernel tells when a peer ends,
 * and one that stands still may take its time.
 */
export function localConnection(
  socketType: "PUSH" | "PULL",
  settings: Settings,
  maxFrameBytes: number,
  announcement?: ServiceAnnouncement,
): ConnectionOptions {
  return {
    socketType,
    properties: sessionProperties({ ...ownSession(settings), announcement }),
    maxFrameBytes,
    heartbeatIntervalMs: 0,
    heartbeatTimeoutMs: 0,
  };
}
