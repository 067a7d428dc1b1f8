import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "./clock.ts";
import { ConnectionLog } from "./connection_log.ts";
import type { RefusalLog } from "./refusal_log.ts";

/** Options of {@linkcode logHealth}. */
export interface HealthLogOptions {
  readonly log: Logger;
  /** Counts and logs dropped messages. */
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
      return refusals.note(event.reason, `Dropped a message: ${event.reason}`);
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
