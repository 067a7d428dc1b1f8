import type { IncomingMessage } from "node:http";
import type { PageAccess } from "./page_access.ts";
import { requestPage } from "./page_request.ts";

/** The response with a page. */
export interface Page {
  readonly status: number;
  readonly body: string;
}

/** Options of {@linkcode fetchPage}. */
export interface PageOptions extends PageAccess {
  /** Maximum time until the whole page has arrived, in milliseconds. */
  readonly timeoutMs: number;
  /** Maximum size of the page, in bytes. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets a page of a publisher service. Rejects with a `TimeoutError` if there is no answer in time,
 * with the signal's reason on abort, and also if the page is too large.
 */
export async function fetchPage(
  url: URL,
  { timeoutMs, maxBytes, signal, ...access }: PageOptions,
): Promise<Page> {
  signal?.throwIfAborted();
  const { request: asked, explain, withheld } = await requestPage(url, access);
  const { promise, resolve, reject } = Promise.withResolvers<Page>();
  const late = setTimeout(
    () => reject(new DOMException(`waited ${Math.ceil(timeoutMs) / 1000} s`, "TimeoutError")),
    timeoutMs,
  );
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  asked.on("response", (response) => {
    if (withheld !== undefined && response.statusCode === 401) reject(new Error(withheld));
    else readPage(response, maxBytes).then(resolve, reject);
  });
  asked.on("error", (error) => explain(error).then(reject, reject));
  asked.end();
  return await promise.finally(() => {
    clearTimeout(late);
    signal?.removeEventListener("abort", onAbort);
    asked.destroy();
  });
}

/** Why the pages of a service refuse the name in a URL; undefined for any other status. */
export function refusedName({ hostname }: URL, status: number): string | undefined {
  if (status !== 421) return undefined;
  return `the name "${hostname}" is not accepted: use the address of the service, or add the name ` +
    "to its [df] http_allowed_hosts";
}

async function readPage(response: IncomingMessage, maxBytes: number): Promise<Page> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    parts.push(part);
    size += part.length;
    if (size > maxBytes) throw new Error(`the page has more than ${maxBytes} bytes`);
  }
  return { status: response.statusCode ?? 0, body: await new Blob(parts as BlobPart[]).text() };
}
