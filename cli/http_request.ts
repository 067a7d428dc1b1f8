import type { PageRequest } from "../service/observability/health_pages.ts";

/** The most octets of a request's first line and headers. */
export const MAX_HEAD_BYTES = 8_192;

const REQUEST_LINE = /^([!-~]{1,32}) (\/[!-~]*) HTTP\/1\.[01]$/;

/** A request that cannot be answered otherwise than by this status. */
export interface BadRequest {
  readonly status: 400 | 431;
}

/** Reads the head of a request. Undefined when the peer left before it was complete. */
export async function readRequest(
  connection: Pick<Deno.Conn, "read">,
): Promise<PageRequest | BadRequest | undefined> {
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  for (let filled = 0;;) {
    const bytes = await connection.read(buffer.subarray(filled));
    if (bytes === null) return undefined;
    filled += bytes;
    const text = latin1(buffer.subarray(0, filled));
    const end = /\r?\n\r?\n/.exec(text)?.index;
    if (end !== undefined) return parseHead(text.slice(0, end));
    if (filled === buffer.length) return { status: 431 };
  }
}

function parseHead(head: string): PageRequest | BadRequest {
  const [first = "", ...headers] = head.split(/\r?\n/);
  const [, method, target] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) return { status: 400 };
  const accept = headers.filter((line) => /^accept:/i.test(line)).map((line) => line.slice(7));
  return { method, target, accept: accept.join(",").trim() };
}

// Byte for byte: whatever is not ASCII stays visible as one character.
function latin1(octets: Uint8Array): string {
  return String.fromCharCode(...octets);
}
