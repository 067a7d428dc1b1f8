import type { IncomingMessage } from "node:http";

/** The response with a page. */
export interface Page {
  readonly status: number;
  readonly body: string;
}

/** Options of {@linkcode fetchPage}. */
export interface PageOptions {
  /** Maximum time until the whole page has arrived, in milliseconds. */
  readonly timeoutMs: number;
  /** Maximum size of the page, in bytes. */
  readonly maxBytes: number;
  /** The token, for pages that require one. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets a page of a publisher service. Rejects if there is no answer in time, or if the page is too
 * large; on abort with the signal's reason.
 *
 * It does not use `fetch`, which would send the request through the proxy of an environment
 * variable.
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
    if (size > maxBytes) throw new Error(`the page has more than ${maxBytes} bytes`);
  }
  return { status: response.statusCode ?? 0, body: await new Blob(parts as BlobPart[]).text() };
}
