import { type IncomingMessage, request } from "node:http";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { pagesAddress } from "../../service/config/pages_address.ts";

const MAX_PAGE_BYTES = 64 * 1024;

/** A page as it came. */
export interface Page {
  readonly status: number;
  readonly body: string;
}

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

/**
 * Asks a service for a page, by Node's client: `fetch` goes through the proxy that a variable names,
 * also to this host.
 */
export function fetchPage(
  url: URL,
  { timeoutMs, maxBytes = MAX_PAGE_BYTES }: {
    readonly timeoutMs: number;
    readonly maxBytes?: number;
  },
): Promise<Page> {
  const { promise, resolve, reject } = Promise.withResolvers<Page>();
  const asked = request(url, { agent: false, headers: { connection: "close" } });
  const late = setTimeout(
    () => asked.destroy(new Error(`waited ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  asked.on("response", (response) => readPage(response, maxBytes).then(resolve, reject));
  asked.on("error", reject);
  asked.end();
  return promise.finally(() => {
    clearTimeout(late);
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

/** A JSON object in the body of a page; undefined for any other body. */
export function jsonObject(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
