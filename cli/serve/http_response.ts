import { joined } from "../../drivers/contract/joined.ts";
import { inTurns } from "../../drivers/contract/next_turn.ts";

const encoder = new TextEncoder();

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** What is sent back. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * A text, or the parts of a long one. A stream is sent as it comes, until it ends or the client
   * leaves, and is then cancelled.
   */
  readonly body: string | readonly string[] | ReadableStream<string>;
}

/** A line of text; by default what the status means. */
export function plain(
  status: number,
  text = REASONS[status]?.toLowerCase(),
): HttpResponse & { readonly body: string } {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${text}\n` };
}

/** The head, and without `isHead` the body; both together when the body is one text. */
export async function responseParts(
  response: Pick<HttpResponse, "headers" | "status">,
  body: string | readonly string[],
  isHead: boolean,
): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  await inTurns([body].flat(), (text) => parts.push(encoder.encode(text)));
  const head = encoder.encode(headText(response, sizeOf(parts)));
  const [first = new Uint8Array(), ...rest] = parts;
  return isHead ? [head] : [joined([head, first]), ...rest];
}

/** The status and the headers; a body of no known length ends with the connection. */
export function headText(
  { status, headers }: Pick<HttpResponse, "headers" | "status">,
  length?: number,
): string {
  const known = length === undefined ? {} : { "content-length": String(length) };
  const all = { ...headers, ...known, connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${lines.join("")}\r\n`;
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
