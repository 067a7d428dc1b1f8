import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "./clock.ts";
import { ConnectionLog } from "./connection_log.ts";
import type { RefusalLog } from "./refusal_log.ts";

/** What {@linkcode logHealth} writes with. */
export interface HealthLogOptions {
  readonly log: Logger;
  /** For what was dropped. */
  readonly refusals: RefusalLog;
  readonly clock: Pick<Clock, "sleep">;
}

/** Writes a line for each change in the state of a driver's connections, until the stream ends. */
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
        log.warn(`Lost ${event.address}: ${event.reason}`);
      });
    case "live":
      return connections.note(event.address, () => {
        log.info(`Live at ${event.address}`, { proof: event.proof });
      });
    case "connected":
      return log.debug(`Connected to ${event.address}`);
    case "peer-joined":
      return log.debug(`A peer joined at ${event.address}`);
    case "peer-left":
      return log.debug(`A peer left at ${event.address}`);
  }
}
