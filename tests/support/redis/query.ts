import { Buffer } from "node:buffer";
import type { CliTarget, Login } from "./cli.ts";

const READ_BYTES = 64 * 1024;
const encoder = new TextEncoder();

/**
 * Sends a command, or lines of which each is a command, on a connection of its own. Returns the
 * replies as redis-cli prints them.
 * @throws {Error} when the server replies with an error, or ends the connection before its last
 * reply
 */
export async function redisQuery(
  { host, port, login }: CliTarget,
  commands: readonly string[] | string,
  signal: AbortSignal,
): Promise<string> {
  const lines = typeof commands === "string"
    ? commands.split("\n").filter((line) => line !== "")
    : [encoded(commands)];
  const first = login === undefined ? [] : [encoded(authOf(login))];
  const sent = [...first, ...lines];
  using connection = await Deno.connect({ hostname: host, port });
  const close = () => connection.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    const [replies] = await Promise.all([
      readReplies(connection, sent.length),
      writeAll(connection, encoder.encode(`${sent.join("\n")}\n`)),
    ]);
    return replies.slice(first.length).join("\n");
  } finally {
    signal.removeEventListener("abort", close);
  }
}

function authOf({ username, password }: Login): readonly string[] {
  return ["auth", ...(username === undefined ? [] : [username]), password];
}

function encoded(command: readonly string[]): string {
  const words = command.map((word) => `$${encoder.encode(word).length}\r\n${word}\r\n`);
  return `*${command.length}\r\n${words.join("")}`;
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function readReplies(connection: Deno.Conn, count: number): Promise<string[]> {
  const chunk = new Uint8Array(READ_BYTES);
  let received = Buffer.alloc(0);
  const replies: string[] = [];
  while (replies.length < count) {
    const length = await connection.read(chunk);
    if (length === null) throw new Error("the server has closed the connection");
    received = Buffer.concat([received, chunk.subarray(0, length)]);
    for (let reply = replyAt(received, 0); reply !== undefined; reply = replyAt(received, 0)) {
      replies.push(reply.text);
      received = received.subarray(reply.end);
    }
  }
  return replies;
}

/** A reply as text, an array with one element per line, and where it ends; undefined if it is incomplete. */
function replyAt(bytes: Buffer, at: number): { text: string; end: number } | undefined {
  const end = bytes.indexOf("\r\n", at) + 2;
  if (end < 2) return undefined;
  const first = bytes.toString("utf8", at + 1, end - 2);
  switch (bytes.toString("latin1", at, at + 1)) {
    case "-":
      throw new Error(first);
    case "*":
      return arrayAt(bytes, end, Number(first));
    case "$": {
      const length = Number(first);
      if (length < 0) return { text: "", end };
      const isComplete = bytes.length >= end + length + 2;
      return isComplete
        ? { text: bytes.toString("utf8", end, end + length), end: end + length + 2 }
        : undefined;
    }
    default:
      return { text: first, end };
  }
}

function arrayAt(bytes: Buffer, at: number, count: number) {
  const texts: string[] = [];
  let end = at;
  for (let n = 0; n < count; n++) {
    const element = replyAt(bytes, end);
    if (element === undefined) return undefined;
    texts.push(element.text);
    end = element.end;
  }
  return { text: texts.join("\n"), end };
}
