import { createHash } from "node:crypto";
import { stringifyJson } from "../../event/codec/exact_json.ts";
import type { JsonValue } from "../../event/db_update.ts";

/** 96 bits: two different texts of one row do not share them by chance, nor by design. */
const DIGEST_CHARACTERS = 16;

/** What stands for the value of a row: 16 characters, different for different values. */
export function rowDigest(value: Exclude<JsonValue, null>): string {
  const text = typeof value === "string" ? value : stringifyJson(value);
  return createHash("sha256").update(text).digest("base64").slice(0, DIGEST_CHARACTERS);
}
