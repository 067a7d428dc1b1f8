import { DriverError } from "../contract/errors.ts";
import type { Settings } from "../contract/option.ts";
import { publisherTransport } from "../contract/options.ts";

/**
 * Refuses a `publisher_transport` other than TCP.
 *
 * @throws {DriverError} `ADDRESS_INVALID`
 */
export function checkTransport(settings: Settings): void {
  const transport = settings.get(publisherTransport);
  if (transport === "tcp") return;
  throw new DriverError(
    "ADDRESS_INVALID",
    `Cannot publish with publisher_transport "${transport}", wanted tcp`,
  );
}
