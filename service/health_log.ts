import type { HealthEvent } from "../drivers/contract/health.ts";
import type { Logger } from "../drivers/contract/logger.ts";
import type { RefusalLog } from "./refusal_log.ts";

/** Writes a line for each change in the state of a driver's connections, until the stream ends. */
export async function logHealth(
  health: AsyncIterable<HealthEvent>,
  log: Logger,
  refusals: RefusalLog,
): Promise<void> {
  for await (const event of health) logOne(event, log, refusals);
}

function logOne(event: HealthEvent, log: Logger, refusals: RefusalLog): void {
  switch (event.kind) {
    case "dropped":
      return refusals.note(event.reason, `Dropped a message: ${event.reason}`);
    case "gap":
      return log.warn(
        `Events of topic "${event.topic}" are lost at ${event.address}: ${event.reason}`,
      );
    case "overflow":
      return log.debug(`A subscriber may miss events of topic "${event.topic}": it is too slow`);
    case "disconnected":
      return log.warn(`Lost ${event.address}: ${event.reason}`);
    case "live":
      return log.info(`Live at ${event.address}`, { proof: event.proof });
    case "connected":
      return log.debug(`Connected to ${event.address}`);
    case "peer-joined":
      return log.debug(`A peer joined at ${event.address}`);
    case "peer-left":
      return log.debug(`A peer left at ${event.address}`);
  }
}
