import type { Settings } from "../../drivers/contract/option.ts";
import { publisherPort, publisherTransport } from "../../drivers/contract/options.ts";
import { publishersIps } from "../config/options/publishers.ts";

/** The addresses that `publishers_ips` stands for, with the configured transport and port. */
export function configuredPublisherUris(settings: Settings): string[] {
  const transport = settings.get(publisherTransport);
  const port = settings.get(publisherPort);
  // Port 0 is a service's wish for any free one: nobody can know which that is.
  if (port === 0) return [];
  const bracketed = (ip: string) => ip.includes(":") && !ip.startsWith("[") ? `[${ip}]` : ip;
  return settings.get(publishersIps).map((ip) => `${transport}://${bracketed(ip)}:${port}`);
}
