import assert from "node:assert/strict";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { PayloadChecker } from "../../../../service/event/codec/payload_checker.ts";
import { WIRE_FORMATS } from "../../../../service/event/codec/wire_fields.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import { codeOf, GOOD_DOCUMENT, GOOD_FIELDS, hex, join, mapOf, oldString } from "./support.ts";

function payloadOf(table: string | null, format: "map" | "json"): Uint8Array {
  return encodeUpdate(dbUpdate({ ...GOOD_DOCUMENT, table, action: "log" }), format);
}

Deno.test("PayloadChecker returns the format, and whether the event is about the publishers table, in either format", () => {
  const checker = new PayloadChecker();
  for (const format of WIRE_FORMATS) {
    for (const table of ["publisher", "lport", "publishers", "publishes", "Publisher", "", null]) {
      checker.check(payloadOf(table, format));
      assert.equal(checker.format, format);
      assert.equal(checker.isPublisherTable, table === "publisher", `${format} ${table}`);
    }
  }
});

Deno.test("PayloadChecker uses the last occurrence of a field, when a name occurs twice", () => {
  const checker = new PayloadChecker();
  const entries = mapOf(GOOD_FIELDS).subarray(1);
  checker.check(join("86", entries, oldString("table"), oldString("publisher")));
  assert.equal(checker.isPublisherTable, true);
});

Deno.test("PayloadChecker works after a refusal, and still describes the last accepted payload", () => {
  const checker = new PayloadChecker();
  checker.check(payloadOf("publisher", "map"));
  assert.equal(codeOf(() => checker.check(hex("85 a5"))), "TRUNCATED");
  assert.equal(codeOf(() => checker.check(oldString("{}"))), "FIELD_MISSING");
  assert.equal(checker.isPublisherTable, true);
  assert.equal(checker.format, "map");
  checker.check(payloadOf("lport", "json"));
  assert.equal(checker.isPublisherTable, false);
});

Deno.test("PayloadChecker keeps no fields of the previous event", () => {
  const checker = new PayloadChecker();
  checker.check(mapOf(GOOD_FIELDS));
  const { table: _, ...rest } = GOOD_FIELDS;
  assert.equal(codeOf(() => checker.check(mapOf(rest))), "FIELD_MISSING");
});
