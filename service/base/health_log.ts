import type { DropReason, HealthEvent } from "../../drivers/contract/health.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "./clock.ts";
import { ConnectionLog } from "./connection_log.ts";
import type { RefusalLog } from "./refusal_log.ts";

/** What was dropped, and why. */
const DROPPED: Readonly<Record<DropReason, string>> = {
  "frame-count": "an event that does not have two parts, topic and payload",
  "frame-too-large": "an event that is larger than [df] pub_sub_max_event_bytes",
  "not-sent": "an event that was not confirmed",
  "queue-full": "an event, because the queue of received events was full",
  "topic-invalid": "an event whose topic is not 1 to 255 bytes of UTF-8",
};

/** Options of {@linkcode logHealth}. */
export interface HealthLogOptions {
  readonly log: Logger;
  /** Counts and logs dropped events. */
  readonly refusals: RefusalLog;
  readonly clock: Pick<Clock, "sleep">;
}

/** Logs each change in the state of a driver's connections, until the stream ends. */
export async function logHealth(
  health: AsyncIterable<HealthEvent>,
  options: HealthLogOptions,
): Promise<void> {
  using connections = new ConnectionLog(options.log, options.clock);
  for await (const event of health) logOne(event, options, connections);
}

function logOne(
  event: HealthEvent,
  { log, refusals }: HealthLogOptions,
  connections: ConnectionLog,
): void {
  switch (event.kind) {
    case "dropped":
      return refusals.note(event.reason, `Dropped ${DROPPED[event.reason]}`);
    case "disconnected":
      return connections.note(event.address, () => {
        log.warn(`No connection at ${event.address}: ${event.reason}`);
      });
    case "live":
      return connections.note(event.address, () => {
        log.info(`Subscribed to ${event.address}`, { proof: event.proof });
      });
    case "connected":
      return log.debug(`Connected to ${event.address}`);
    case "peer-joined":
      return log.debug(`A peer connected to ${event.address}`);
    case "peer-left":
      return log.debug(`A peer disconnected from ${event.address}`);
  }
}
