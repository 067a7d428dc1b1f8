import { publisherPort } from "../../drivers/contract/options.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import { DEFAULT_ORIGIN } from "./option_resolver.ts";
import { httpAddress, httpTlsFiles } from "./options/observability.ts";

/** The address of the health pages; undefined if they are off. */
export function pagesAddress(
  config: Settings,
): { readonly hostname: string; readonly port: number } | undefined {
  const [, hostname = "", port = ""] = /^(.+):(\d+)$/.exec(config.get(httpAddress)) ?? [];
  if (hostname === "") return undefined;
  // If the publisher's port is 0, several services share the host, so the pages use any free port,
  // too.
  const isAnywhere = hasUsualAddress(config) && config.get(publisherPort) === 0;
  const bare = hostname === "*" ? "0.0.0.0" : hostname.replaceAll(/^\[|\]$/g, "");
  return { hostname: bare, port: isAnywhere ? 0 : Number(port) };
}

/** The address of the local service's pages; undefined if they are off, or no URL names them. */
export function pagesUrl(config: Settings): URL | undefined {
  const { hostname: host = "", port = 0 } = pagesAddress(config) ?? {};
  if (port === 0) return undefined;
  const hostname = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const scheme = config.get(httpTlsFiles.certFile) === "" ? "http" : "https";
  const url = `${scheme}://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  // No URL has an address with a zone.
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** Whether the configuration leaves the address of the pages at its default. */
export function hasUsualAddress(config: Settings): boolean {
  return config.originOf?.(httpAddress) === DEFAULT_ORIGIN;
}

/** Whether a host name or IP address is one that only this host reaches: a loopback address. */
export function isOwnHost(hostname: string): boolean {
  return hostname === "localhost" || isLoopback(hostname.replaceAll(/^\[|\]$/g, ""));
}

/** Whether an IP address is a loopback address. */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === "::1";
}
