import { createHash } from "node:crypto";
import { stringifyJson } from "../../event/codec/exact_json.ts";
import type { JsonValue } from "../../event/db_update.ts";

/** 96 bits: two texts of a row do not share a digest, neither by chance nor by design. */
const DIGEST_CHARACTERS = 16;

/** A digest of a row's value: 16 characters that differ for different values. */
export function rowDigest(value: Exclude<JsonValue, null>): string {
  const text = typeof value === "string" ? value : stringifyJson(value);
  return createHash("sha256").update(text).digest("base64").slice(0, DIGEST_CHARACTERS);
}
