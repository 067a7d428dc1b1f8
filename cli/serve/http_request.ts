import type { PageRequest } from "../../service/controller/observability/health_pages.ts";

/** Maximum size of a request's first line and headers, in bytes. */
export const MAX_HEAD_BYTES = 8_192;

const REQUEST_LINE = /^([!-~]{1,32}) (\/[!-~]*) HTTP\/1\.([01])$/;

// A blank before the colon is invalid: two servers could read it as different headers.
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/;

/** The head of a request. */
export interface HttpRequest extends PageRequest {
  /** The header `Host`; undefined if an HTTP/1.0 request lacks it. */
  readonly host: string | undefined;
  /** The header `Authorization`; empty if missing. */
  readonly authorization: string;
}

/** A request that can only be answered with this status. */
export interface BadRequest {
  readonly status: 400 | 431;
}

/** Reads the head of a request. Undefined if the peer disconnected before it was complete. */
export async function readRequest(
  connection: Pick<Deno.Conn, "read">,
): Promise<HttpRequest | BadRequest | undefined> {
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  let text = "";
  while (text.length < buffer.length) {
    const bytes = await connection.read(buffer.subarray(text.length));
    if (bytes === null) return undefined;
    // Only new bytes are searched, even if they arrive in small pieces.
    const from = Math.max(0, text.length - 3);
    text += latin1(buffer.subarray(text.length, text.length + bytes));
    const end = text.slice(from).search(/\r?\n\r?\n/);
    if (end >= 0) return parseHead(text.slice(0, from + end));
  }
  return { status: 431 };
}

function parseHead(head: string): HttpRequest | BadRequest {
  const [first = "", ...lines] = head.split(/\r?\n/);
  const [, method, target, version] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) return { status: 400 };
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) return { status: 400 };
    const values = headers.get(name.toLowerCase()) ?? [];
    headers.set(name.toLowerCase(), [...values, value]);
  }
  const hosts = headers.get("host") ?? [];
  if (hosts.length > 1 || hosts.length === 0 && version === "1") return { status: 400 };
  const joined = (name: string) => (headers.get(name) ?? []).join(",");
  const [accept, authorization] = [joined("accept"), joined("authorization")];
  return { method, target, accept, authorization, host: hosts[0] };
}

// Decodes byte for byte, so that other characters than ASCII stay visible as one character.
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
