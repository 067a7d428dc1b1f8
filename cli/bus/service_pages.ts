import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { pagesAddress } from "../../service/config/pages_address.ts";
import { fetchPage as fetchServicePage, type Page } from "../../service/fleet/page_client.ts";
import { UsageError } from "../flags/failure.ts";

export type { Page };

/** A page of 1,000 subscribers has at most 4 Mi characters. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** Where the local service has its pages; undefined when it has none, or at an unknown port. */
export function pagesUrl(config: EffectiveConfig): URL | undefined {
  const at = pagesAddress(config);
  if (at === undefined || at.port === 0) return undefined;
  const hostname = at.hostname === "0.0.0.0"
    ? "127.0.0.1"
    : at.hostname === "::"
    ? "::1"
    : at.hostname;
  return new URL(`http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${at.port}`);
}

/** The address that `--url` gives. @throws {UsageError} for what is not the address of pages */
export function pagesUrlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:") return url;
  throw new UsageError(`--url "${text}": wanted an address as http://127.0.0.1:8868`);
}

/** Asks a service for a page. @param options the token, for the pages that need one */
export function fetchPage(
  url: URL,
  timeoutMs: number,
  { token }: { readonly token?: string | undefined } = {},
): Promise<Page> {
  return fetchServicePage(url, { timeoutMs, token, maxBytes: MAX_PAGE_BYTES });
}
