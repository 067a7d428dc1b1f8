import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { PayloadChecker } from "../../../../service/event/codec/payload_checker.ts";
import { WireError, type WireErrorCode } from "../../../../service/event/codec/wire_error.ts";
import type { DbUpdate } from "../../../../service/event/db_update.ts";

/** Bytes from hexadecimal. Blanks are ignored. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(" ", "").match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Concatenates parts: hexadecimal strings, or bytes. */
export function join(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => [...(typeof part === "string" ? hex(part) : part)]),
  );
}

/** Decodes a string as a peer with MessagePack's old specification writes it. */
export function oldString(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const size = bytes.length;
  if (size < 32) return join(new Uint8Array([0xa0 | size]), bytes);
  return join(new Uint8Array([0xda, size >> 8, size & 0xff]), bytes);
}

/** A map of exactly these fields. Each value is MessagePack. */
export function mapOf(fields: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const entries = Object.entries(fields);
  const parts = entries.flatMap(([name, value]) => [oldString(name), value]);
  return join(new Uint8Array([0x80 | entries.length]), ...parts);
}

/** The fields of a valid event as MessagePack, for tests that modify one. */
export const GOOD_FIELDS = {
  table: oldString("lport"),
  key: oldString("k1"),
  action: oldString("create"),
  value: "c0",
  topic: oldString("D"),
};

export const GOOD_DOCUMENT = {
  table: "lport",
  key: "k1",
  action: "create",
  value: null,
  topic: "D",
};

export const ORIGIN = {
  publisher: "58edf3d5-b797-52ba-b70b-5647a5c19a27",
  epoch: 1_462_548_000_000_001,
  topic: "D",
  seq: 9,
  sentAt: 1_462_548_000_000_002,
};

/**
 * The code of the WireError that a call throws, or null when it returns. Fails on any other error.
 */
export function codeOf(call: () => unknown): WireErrorCode | null {
  try {
    call();
    return null;
  } catch (thrown) {
    if (thrown instanceof WireError) return thrown.code;
    throw thrown;
  }
}

/** The code with which both decoder and checker refuse a payload, or null when both accept it. */
export function verdict(payload: Uint8Array, maxBytes?: number): WireErrorCode | null {
  const options = maxBytes === undefined ? {} : { maxBytes };
  const decoded = codeOf(() => decodeUpdate(payload, "D", options));
  const checked = codeOf(() => new PayloadChecker(options).check(payload));
  assert.equal(checked, decoded, "checker and decoder differ");
  return decoded;
}

/** The fields of an update that are sent over the wire. */
export function wirePart(update: DbUpdate): Omit<DbUpdate, "priority" | "timestamp"> {
  const { table, key, action, value, topic } = update;
  return { table, key, action, value, topic };
}
