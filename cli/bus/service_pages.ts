import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { pagesAddress } from "../../service/config/pages_address.ts";
import { fetchPage as fetchServicePage, type Page } from "../../service/fleet/page_client.ts";
import { UsageError } from "../flags/failure.ts";

export type { Page };

/** A page with 1,000 subscribers has at most 4 Mi characters. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** The address of the local service's pages; undefined if they are off, or at an unknown port. */
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

/** Parses the address of `--url`. @throws {UsageError} if it is not the address of pages */
export function pagesUrlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:") return url;
  throw new UsageError(`--url "${text}": wanted an address such as http://127.0.0.1:8868`);
}

/** Gets a page of a service. @param options the token, for pages that require one */
export function fetchPage(
  url: URL,
  timeoutMs: number,
  { token }: { readonly token?: string | undefined } = {},
): Promise<Page> {
  return fetchServicePage(url, { timeoutMs, token, maxBytes: MAX_PAGE_BYTES });
}
