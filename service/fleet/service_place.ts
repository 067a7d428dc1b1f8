import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import type { ServiceAnnouncement } from "../../drivers/contract/peer_state.ts";
import { fetchPage, type PageOptions } from "./page_client.ts";

/** Where a publisher service can be asked. */
export interface ServicePlace {
  /** Where its pages are: `http://127.0.0.1:8868`. */
  readonly pages: URL;
  /** Its id, if that is known: an answer of another service is refused. */
  readonly id?: string | undefined;
  /** For the pages that need one. */
  readonly token?: string | undefined;
}

const UNSPECIFIED = new Set(["0.0.0.0", "[::]"]);

/**
 * Where a publisher service can be asked that announces itself; undefined without pages.
 *
 * @param address where it publishes; the host of this address has the pages that listen on any
 * @param token is sent to that host alone: an announcement is not authenticated
 */
export function placeOf(
  { id, pages }: ServiceAnnouncement,
  address: string,
  token?: string,
): ServicePlace | undefined {
  if (pages === undefined || !URL.canParse(pages)) return undefined;
  const url = new URL(pages);
  if (url.protocol !== "http:") return undefined;
  const host = hostOf(address) ?? "127.0.0.1";
  if (UNSPECIFIED.has(url.hostname)) url.hostname = host;
  return { id, pages: url, token: url.hostname === host ? token : undefined };
}

/** The host of `tcp://192.0.2.10:8866`, as a URL has it. */
function hostOf(address: string): string | undefined {
  return /^tcp:\/\/(.+):\d+$/.exec(address)?.[1];
}

/**
 * Gets the JSON of a page of a service.
 *
 * @throws {DriverError} `NO_PUBLISHER_SERVICE` without an answer, or with one of another service
 */
export async function askService<Report extends { readonly publisher: string }>(
  { pages, id, token }: ServicePlace,
  target: string,
  options: PageOptions,
): Promise<Report> {
  const report = await readReport<Report>(new URL(target, pages), { ...options, token });
  if (id === undefined || report.publisher === id) return report;
  const message = `Cannot ask publisher "${id}": "${pages.origin}" is of publisher ` +
    `"${report.publisher}": ask on the host of the publisher, or set [df] http_address there`;
  throw new DriverError("NO_PUBLISHER_SERVICE", message);
}

async function readReport<Report>(url: URL, options: PageOptions): Promise<Report> {
  try {
    const { status, body } = await fetchPage(url, options);
    if (status !== 200) throw new Error(`status ${status}: ${body.slice(0, 200).trim()}`);
    return JSON.parse(body);
  } catch (error) {
    options.signal?.throwIfAborted();
    const message = `Cannot ask the publisher service at "${url.origin}": ${messageOf(error)}`;
    throw new DriverError("NO_PUBLISHER_SERVICE", message, { cause: error });
  }
}
