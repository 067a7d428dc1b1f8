import type { Settings } from "../../contract/option.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type { ConnectionOptions } from "./connection_types.ts";
import { heartbeats, ownSession } from "./options.ts";
import { sessionProperties } from "./session.ts";

/** The options of a subscriber's connections to publishers. */
export function subscriberConnection(settings: Settings): ConnectionOptions {
  return {
    socketType: "SUB",
    properties: sessionProperties(ownSession(settings)),
    maxFrameBytes: settings.get(pubSubMaxEventBytes),
    ...heartbeats(settings),
    // What the publisher had sent is read, however it has gone. All topics are asked for at once.
    lingerMs: Infinity,
    maxQueuedBytes: Infinity,
  };
}
