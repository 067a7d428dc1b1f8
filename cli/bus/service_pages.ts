import { type IncomingMessage, request } from "node:http";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { pagesAddress } from "../../service/config/pages_address.ts";
import { UsageError } from "../flags/failure.ts";

/** A page of 1,000 subscribers has at most 4 Mi characters. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

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

/** The address that `--url` gives. @throws {UsageError} for what is not the address of pages */
export function pagesUrlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:") return url;
  throw new UsageError(`--url "${text}": wanted an address as http://127.0.0.1:8868`);
}

/**
 * Asks a service for a page, by Node's client: `fetch` goes through the proxy that a variable names,
 * also to this host.
 *
 * @param options the token, for the pages that need one
 */
export function fetchPage(
  url: URL,
  timeoutMs: number,
  { token }: { readonly token?: string | undefined } = {},
): Promise<Page> {
  const { promise, resolve, reject } = Promise.withResolvers<Page>();
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const asked = request(url, { agent: false, headers: { connection: "close", ...authorization } });
  const late = setTimeout(
    () => asked.destroy(new Error(`waited ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  asked.on("response", (response) => readPage(response).then(resolve, reject));
  asked.on("error", reject);
  asked.end();
  return promise.finally(() => {
    clearTimeout(late);
    asked.destroy();
  });
}

async function readPage(response: IncomingMessage): Promise<Page> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    parts.push(part);
    size += part.length;
    if (size > MAX_PAGE_BYTES) throw new Error(`a page of more than ${MAX_PAGE_BYTES} bytes`);
  }
  return { status: response.statusCode ?? 0, body: await new Blob(parts as BlobPart[]).text() };
}
