import type { Settings } from "../../drivers/contract/option.ts";
import { publisherPort, publisherTransport } from "../../drivers/contract/options.ts";
import { publishersIps } from "../config/options/publishers.ts";

/** The addresses of `publishers_ips`, with the configured transport and port. */
export function configuredPublisherUris(settings: Settings): string[] {
  const transport = settings.get(publisherTransport);
  const port = settings.get(publisherPort);
  // With port 0 a service uses any free port, which nobody else can know.
  if (port === 0) return [];
  const bracketed = (ip: string) => ip.includes(":") && !ip.startsWith("[") ? `[${ip}]` : ip;
  return settings.get(publishersIps).map((ip) => `${transport}://${bracketed(ip)}:${port}`);
}
