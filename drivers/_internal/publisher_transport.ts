import { invalidOption } from "../contract/invalid_option.ts";
import type { Settings } from "../contract/option.ts";
import { publisherTransport } from "../contract/options.ts";

/**
 * Refuses a `publisher_transport` other than TCP.
 *
 * @throws {DriverError} `CONFIG_INVALID`
 */
export function checkTransport(settings: Settings): void {
  const transport = settings.get(publisherTransport);
  if (transport === "tcp") return;
  throw invalidOption(settings, publisherTransport, `"${transport}", wanted tcp`);
}
