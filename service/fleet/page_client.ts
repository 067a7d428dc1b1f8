import type { IncomingMessage } from "node:http";

/** A page as it came. */
export interface Page {
  readonly status: number;
  readonly body: string;
}

/** How a page is asked for. */
export interface PageOptions {
  /** Maximum time until all of it has come, in milliseconds. */
  readonly timeoutMs: number;
  /** Maximum size of the page, in bytes. */
  readonly maxBytes: number;
  /** For the pages that need one. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets a page of a publisher service. Rejects when there is no answer in time, or one that is too
 * large; an abort rejects with the signal's reason.
 *
 * Not by fetch: that goes through the proxy that a variable names, on the way to this very host.
 */
export async function fetchPage(
  url: URL,
  { timeoutMs, maxBytes, token, signal }: PageOptions,
): Promise<Page> {
  signal?.throwIfAborted();
  const { request } = await import("node:http");
  const { promise, resolve, reject } = Promise.withResolvers<Page>();
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const asked = request(url, { agent: false, headers: { connection: "close", ...authorization } });
  const late = setTimeout(
    () => asked.destroy(new Error(`waited ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  asked.on("response", (response) => readPage(response, maxBytes).then(resolve, reject));
  asked.on("error", reject);
  asked.end();
  return await promise.finally(() => {
    clearTimeout(late);
    signal?.removeEventListener("abort", onAbort);
    asked.destroy();
  });
}

async function readPage(response: IncomingMessage, maxBytes: number): Promise<Page> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    parts.push(part);
    size += part.length;
    if (size > maxBytes) throw new Error(`a page of more than ${maxBytes} bytes`);
  }
  return { status: response.statusCode ?? 0, body: await new Blob(parts as BlobPart[]).text() };
}
