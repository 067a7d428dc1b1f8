import { publisherPort } from "../../drivers/contract/options.ts";
import type { EffectiveConfig } from "./effective_config.ts";
import { httpAddress } from "./options/observability.ts";

/** The address of the health pages; undefined if they are off. */
export function pagesAddress(
  config: EffectiveConfig,
): { readonly hostname: string; readonly port: number } | undefined {
  const [, hostname = "", port = ""] = /^(.+):(\d+)$/.exec(config.get(httpAddress)) ?? [];
  if (hostname === "") return undefined;
  // If the publisher's port is 0, several services share the host, so the pages use any free port,
  // too.
  const isAnywhere = hasUsualAddress(config) && config.get(publisherPort) === 0;
  const bare = hostname === "*" ? "0.0.0.0" : hostname.replaceAll(/^\[|\]$/g, "");
  return { hostname: bare, port: isAnywhere ? 0 : Number(port) };
}

/** Whether the configuration leaves the address of the pages at its default. */
export function hasUsualAddress(config: EffectiveConfig): boolean {
  return config.entries().find(({ option }) => option === httpAddress)?.origin === "default";
}

/** Whether an IP address is a loopback address. */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === "::1";
}
