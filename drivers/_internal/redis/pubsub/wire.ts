import { Buffer } from "node:buffer";
import { keySlot } from "./slots.ts";

const CAPACITY = 4096;
/** A channel or key that nobody has. */
export const NOBODY = "\0df-pubsub asks for permission";

/** How frames become commands of a Redis server. */
export interface PublishWire {
  /** What the command is called. */
  readonly command: "publish" | "spublish" | "xadd";
  /** The command with arguments that change nothing and reach nobody. */
  readonly idle: readonly [name: string, ...args: string[]];
  /** Whether the server of a topic is that of its slot. */
  readonly isSpread: boolean;
  /** What is the same in every command of a topic, and goes before the payload. */
  head(topic: string): CommandHead;
}

/** The beginning of a command up to its last argument, the payload. */
export interface CommandHead {
  /** As the protocol wants it. */
  readonly bytes: Uint8Array;
  /** Where the topic lives in a cluster. */
  readonly slot: number;
}

/** All arguments but the last, as the protocol (RESP) writes them; `count` is with the last. */
export function encodeHead(args: readonly (string | Uint8Array)[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length + 1}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === "string" ? Buffer.from(arg) : arg;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

/** PUBLISH, or SPUBLISH for sharded channels: the channel is the topic as it is. */
export function channelWire({ isSharded }: { readonly isSharded: boolean }): PublishWire {
  const command = isSharded ? "spublish" : "publish";
  const heads = new Map<string, CommandHead>();
  return {
    command,
    idle: [command, NOBODY, ""],
    isSpread: isSharded,
    head(topic) {
      const known = heads.get(topic);
      if (known !== undefined) return known;
      const bytes = encodeHead([command.toUpperCase(), topic]);
      const head = { bytes, slot: keySlot(Buffer.from(topic)) };
      if (heads.size >= CAPACITY) heads.clear();
      heads.set(topic, head);
      return head;
    },
  };
}
