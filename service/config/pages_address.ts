import { publisherPort } from "../../drivers/contract/options.ts";
import type { EffectiveConfig } from "./effective_config.ts";
import { httpAddress } from "./options/observability.ts";

/** Where to listen; undefined for nowhere. */
export function pagesAddress(
  config: EffectiveConfig,
): { readonly hostname: string; readonly port: number } | undefined {
  const [, hostname = "", port = ""] = /^(.+):(\d+)$/.exec(config.get(httpAddress)) ?? [];
  if (hostname === "") return undefined;
  // Services that share a host, as those of tests do, say so by asking for any free port.
  const isAnywhere = hasUsualAddress(config) && config.get(publisherPort) === 0;
  const bare = hostname === "*" ? "0.0.0.0" : hostname.replaceAll(/^\[|\]$/g, "");
  return { hostname: bare, port: isAnywhere ? 0 : Number(port) };
}

/** Whether nobody has said where the pages are to be. */
export function hasUsualAddress(config: EffectiveConfig): boolean {
  return config.entries().find(({ option }) => option === httpAddress)?.origin === "default";
}

/** Whether an IP address is one of this host that no other reaches. */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === "::1";
}
