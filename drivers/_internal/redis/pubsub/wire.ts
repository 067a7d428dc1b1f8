import { Buffer } from "node:buffer";
import { keySlot } from "./slots.ts";

const CAPACITY = 4096;
/** A channel or key that nobody uses. */
export const NOBODY = "\0df-pubsub asks for permission";

/** Converts frames to commands of a Redis server. */
export interface PublishWire {
  /** The name of the command. */
  readonly command: "publish" | "spublish" | "xadd";
  /** The command with arguments that have no effect. */
  readonly idle: readonly [name: string, ...args: string[]];
  /** Whether the server of a topic is that of its slot. */
  readonly isSpread: boolean;
  /** The part before the payload, which all commands of a topic share. */
  head(topic: string): CommandHead;
}

/** The beginning of a command, up to its last argument, the payload. */
export interface CommandHead {
  /** The bytes in the protocol's form. */
  readonly bytes: Uint8Array;
  /** The slot of the topic in a cluster. */
  readonly slot: number;
}

/**
 * Encodes all arguments except the last one for the protocol (RESP); the count includes the last
 * one.
 */
export function encodeHead(args: readonly (string | Uint8Array)[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length + 1}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === "string" ? Buffer.from(arg) : arg;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

/** PUBLISH, or SPUBLISH for sharded channels: the name of the channel is the topic. */
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
