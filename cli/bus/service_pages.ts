import type { PageAccess } from "../../service/fleet/page_access.ts";
import { fetchPage as fetchServicePage, type Page } from "../../service/fleet/page_client.ts";
import { UsageError } from "../flags/failure.ts";

export type { Page };

/** A page with 1,000 subscribers has at most 4 Mi characters. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** Parses the address of `--url`. @throws {UsageError} if it is not the address of pages */
export function pagesUrlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new UsageError(`--url "${text}": wanted an address such as http://127.0.0.1:8868`);
}

/** The access to the pages of a service, and the maximum time to wait for one. */
export interface TimedAccess extends PageAccess {
  readonly timeoutMs: number;
}

/** Gets a page of a service. */
export function fetchPage(url: URL, access: TimedAccess): Promise<Page> {
  return fetchServicePage(url, { ...access, maxBytes: MAX_PAGE_BYTES });
}
