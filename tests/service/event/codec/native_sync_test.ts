import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { isNativeSync, nativeSync } from "../../../../service/event/codec/native_sync.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";

const ORIGIN = {
  publisher: "0f8fad5b-d9cb-469f-a165-70867728950e",
  epoch: 1,
  topic: "D",
  seq: 1,
  sentAt: 1,
};

for (const format of ["map", "json"] as const) {
  Deno.test(`nativeSync is a sync of no row, in the ${format} shape, too`, () => {
    const decoded = decodeUpdate(encodeUpdate(nativeSync("tenant"), format), "tenant");
    const { table, key, action, topic } = decoded;
    assert.deepEqual({ table, key, action, topic }, {
      table: null,
      key: null,
      action: "sync",
      topic: "tenant",
    });
    assert.equal(isNativeSync({ ...decoded, origin: ORIGIN }), true);
  });
}

Deno.test("isNativeSync is for whoever tracks positions only, and for no other sync", () => {
  assert.equal(isNativeSync(nativeSync("D")), false);
  const sync = dbUpdate({ table: null, key: null, action: "sync" });
  assert.equal(isNativeSync({ ...sync, origin: ORIGIN }), false);
  const other = dbUpdate({ table: "lport", key: "1", action: "set", value: "native" });
  assert.equal(isNativeSync({ ...other, origin: ORIGIN }), false);
});
