import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import captured from "../../../data/wire_vectors.json" with { type: "json" };
import { hex, verdict, wirePart } from "./support.ts";

/** The captured payloads of this format need only 16-bit string headers. */
function jsonIn(payload: Uint8Array): unknown {
  assert.equal(payload[0], 0xda);
  const view = new DataView(payload.buffer, payload.byteOffset);
  assert.equal(view.getUint16(1), payload.length - 3);
  return JSON.parse(new TextDecoder().decode(payload.subarray(3)));
}

Deno.test("all captured vectors are present", () => {
  assert.equal(captured.vectors.length, 24);
});

for (const [index, vector] of captured.vectors.entries()) {
  const name = `vector ${index}, ${vector.era} ${vector.transport} ${vector.decoded.action}`;
  const [topic, payload, ...more] = vector.frames.map(hex);
  assert(topic !== undefined && payload !== undefined && more.length === 0);

  Deno.test(`decodeUpdate reads the original's payload, ${name}`, () => {
    assert.deepEqual(new TextEncoder().encode(vector.decoded.topic), topic);
    assert.deepEqual(wirePart(decodeUpdate(payload, vector.decoded.topic)), vector.decoded);
    assert.equal(verdict(payload), null);
  });

  Deno.test(`encodeUpdate writes the original's payload, ${name}`, () => {
    const update = dbUpdate(vector.decoded);
    if (vector.shape === "map") return assert.deepEqual(encodeUpdate(update, "map"), payload);
    const ours = encodeUpdate(update, "json");
    assert.deepEqual(ours.subarray(0, 3), payload.subarray(0, 3));
    assert.deepEqual(jsonIn(ours), jsonIn(payload));
  });
}
