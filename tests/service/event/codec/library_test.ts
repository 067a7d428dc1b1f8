import { decode, encode } from "@msgpack/msgpack";
import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { WIRE_FORMATS } from "../../../../service/event/codec/wire_fields.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import { Random, randomText, randomValue } from "./random_documents.ts";
import { GOOD_DOCUMENT, verdict, wirePart } from "./support.ts";

const ROUNDS = 1000;

function randomDocument(random: Random) {
  const topic = randomText(random).slice(0, 30) || "D";
  return {
    ...GOOD_DOCUMENT,
    key: randomText(random),
    value: randomValue(random),
    topic: topic.isWellFormed() ? topic : "D",
  };
}

Deno.test("decodeUpdate reads the library's output, on random documents", () => {
  const random = new Random(1);
  for (let round = 0; round < ROUNDS; round++) {
    const document = randomDocument(random);
    const payload = encode(document);
    assert.deepEqual(wirePart(decodeUpdate(payload, "D")), document, `round ${round}`);
    assert.equal(verdict(payload), null);
  }
});

Deno.test("the library reads encodeUpdate's output, on random documents", () => {
  const random = new Random(2);
  for (let round = 0; round < ROUNDS; round++) {
    const document = randomDocument(random);
    assert.deepEqual(decode(encodeUpdate(dbUpdate(document), "map")), document, `round ${round}`);
  }
});

Deno.test("decodeUpdate reverses encodeUpdate, on random documents in either format", () => {
  const random = new Random(3);
  for (let round = 0; round < ROUNDS; round++) {
    const update = dbUpdate({ ...randomDocument(random), timestamp: 7 });
    for (const format of WIRE_FORMATS) {
      const payload = encodeUpdate(update, format);
      assert.deepEqual(decodeUpdate(payload, "D", { timestamp: 7 }), update, `round ${round}`);
      assert.equal(verdict(payload), null);
    }
  }
});
