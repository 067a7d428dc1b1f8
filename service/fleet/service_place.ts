import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import type { ServiceAnnouncement } from "../../drivers/contract/peer_state.ts";
import type { PageAccess } from "./page_access.ts";
import { fetchPage, type PageOptions, refusedName } from "./page_client.ts";

/** Address and identity of a publisher service. */
export interface ServicePlace extends PageAccess {
  /** The address of its pages: `http://127.0.0.1:8868`. */
  readonly pages: URL;
  /** Its id, if known: an answer of another service is refused. */
  readonly id?: string | undefined;
}

const UNSPECIFIED = new Set(["0.0.0.0", "[::]"]);

/**
 * Finds the pages of a service that announces itself; undefined if it has none.
 *
 * @param address where it publishes; its pages have the same host if they listen on a wildcard
 * address
 * @param access the token is sent only to that host, since an announcement is not authenticated
 */
export function placeOf(
  { id, pages }: ServiceAnnouncement,
  address: string,
  { token, ...access }: PageAccess = {},
): ServicePlace | undefined {
  if (pages === undefined || !URL.canParse(pages)) return undefined;
  const url = new URL(pages);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  const host = hostOf(address) ?? "127.0.0.1";
  if (UNSPECIFIED.has(url.hostname)) url.hostname = host;
  return { id, pages: url, token: url.hostname === host ? token : undefined, ...access };
}

/** The host of `tcp://192.0.2.10:8866` or `tls://…`, as a URL has it. */
function hostOf(address: string): string | undefined {
  const host = /^(?:tcp|tls):\/\/(.+):\d+$/.exec(address)?.[1];
  return host === undefined ? undefined : URL.parse(`http://${host}`)?.hostname ?? host;
}

/**
 * Gets a page of a service as JSON.
 *
 * @throws {DriverError} `NO_PUBLISHER_SERVICE` if there is no answer, or if another service answers
 */
export async function askService<Report extends { readonly publisher: string }>(
  { pages, id, ...access }: ServicePlace,
  target: string,
  options: PageOptions,
): Promise<Report> {
  const report = await readReport<Report>(new URL(target, pages), { ...options, ...access });
  if (id === undefined || report.publisher === id) return report;
  const message =
    `Cannot ask publisher "${id}": the pages at "${pages.origin}" are those of publisher ` +
    `"${report.publisher}": ask on the host of the publisher, or set [df] http_address there`;
  throw new DriverError("NO_PUBLISHER_SERVICE", message);
}

async function readReport<Report>(url: URL, options: PageOptions): Promise<Report> {
  try {
    const { status, body } = await fetchPage(url, options);
    if (status !== 200) {
      const problem = `status ${status}: ${body.slice(0, 200).trim()}`;
      throw new Error(refusedName(url, status) ?? problem);
    }
    return JSON.parse(body);
  } catch (error) {
    options.signal?.throwIfAborted();
    const message = `Cannot ask the publisher service at "${url.origin}": ${messageOf(error)}`;
    throw new DriverError("NO_PUBLISHER_SERVICE", message, { cause: error });
  }
}
