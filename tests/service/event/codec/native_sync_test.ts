import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { nativeSync } from "../../../../service/event/codec/native_sync.ts";

for (const format of ["map", "json"] as const) {
  Deno.test(`nativeSync is a sync without a row, in the ${format} format`, () => {
    const decoded = decodeUpdate(encodeUpdate(nativeSync("tenant"), format), "tenant");
    const { table, key, action, topic } = decoded;
    assert.deepEqual({ table, key, action, topic }, {
      table: null,
      key: null,
      action: "sync",
      topic: "tenant",
    });
  });
}
