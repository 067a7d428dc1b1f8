import { encode } from "@msgpack/msgpack";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { PayloadChecker } from "../../../../service/event/codec/payload_checker.ts";
import { StampWriter } from "../../../../service/event/codec/stamp_writer.ts";
import { WIRE_FORMATS } from "../../../../service/event/codec/wire_fields.ts";
import { dbUpdate, withoutOrigin } from "../../../../service/event/db_update.ts";
import captured from "../../../data/wire_vectors.json" with { type: "json" };
import { GOOD_DOCUMENT, hex, join, mapOf, oldString, verdict, wirePart } from "./support.ts";

const ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";
const OTHER_ID = "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6";
const EPOCH = 1_462_548_000_000_001;
const SENT = 1_462_548_000_123_456;

function stamp(
  payload: Uint8Array,
  { id = ID, seq = 7, sentAt = SENT, stampOffset = -1 } = {},
): Uint8Array {
  const writer = new StampWriter(id, EPOCH);
  const size = writer.plan(payload, stampOffset);
  // Surrounding bytes reveal writes outside the payload.
  const bytes = new Uint8Array(size + 6).fill(0xee);
  writer.write(payload, bytes, 3, seq, sentAt);
  assert.deepEqual([...bytes.subarray(0, 3), ...bytes.subarray(-3)], Array(6).fill(0xee));
  return bytes.slice(3, -3);
}

function stampOffsetOf(payload: Uint8Array): number {
  const checker = new PayloadChecker();
  checker.check(payload);
  return checker.stampOffset;
}

const ORIGIN = { publisher: ID, epoch: EPOCH, topic: "frame", seq: 7, sentAt: SENT };

for (const [index, vector] of captured.vectors.entries()) {
  Deno.test(`StampWriter leaves the five fields of captured vector ${index} unchanged`, () => {
    const payload = hex(vector.frames[1] ?? "");
    const stamped = stamp(payload);
    const update = decodeUpdate(stamped, "frame");
    assert.deepEqual(wirePart(update), vector.decoded);
    assert.deepEqual(update.origin, ORIGIN);
    assert.equal(verdict(stamped), null);
    const body = vector.shape === "map" ? payload.subarray(1) : payload.subarray(3, -1);
    assert(Buffer.from(stamped).includes(Buffer.from(body)), "the original bytes were changed");
  });
}

Deno.test("StampWriter writes the map stamp byte for byte as specified", () => {
  const payload = mapOf({
    table: "c0",
    key: "c0",
    action: oldString("sync"),
    value: "c0",
    topic: "c0",
  });
  const expected = join(
    Uint8Array.of(0x89),
    payload.subarray(1),
    ...["publisher", ID, "epoch"].map(oldString),
    "cf 0005322dfe01c801",
    oldString("seq"),
    "cf 0000000000000007",
    oldString("sent"),
    "cf 0005322dfe03aa40",
  );
  assert.deepEqual(stamp(payload), expected);
});

Deno.test("StampWriter widens a map's header as needed, when there are many names", () => {
  for (const names of [6, 7, 10, 11, 12, 15, 16, 40, 65_530, 65_531, 65_532, 65_535]) {
    const extra = Object.fromEntries(Array.from({ length: names - 5 }, (_, i) => [`n${i}`, i]));
    const payload = encode({ ...GOOD_DOCUMENT, ...extra });
    const stamped = stamp(payload);
    assert.deepEqual(decodeUpdate(stamped, "frame").origin, ORIGIN, `${names} names`);
    const again = stamp(stamped, { id: OTHER_ID, stampOffset: stampOffsetOf(stamped) });
    assert.deepEqual(again, stamp(payload, { id: OTHER_ID }), `${names} names`);
  }
});

Deno.test("StampWriter widens a string's header as needed, when the text is long", () => {
  for (const length of [0, 1, 30, 200, 65_200, 65_300, 65_400, 65_500, 65_536, 70_000]) {
    const update = dbUpdate({ ...GOOD_DOCUMENT, value: "v".repeat(length) });
    const stamped = stamp(encodeUpdate(update, "json"));
    assert.deepEqual(wirePart(decodeUpdate(stamped, "frame")), wirePart(update), `${length}`);
    assert.notEqual(stamped[0], 0xd9);
  }
});

for (const format of WIRE_FORMATS) {
  Deno.test(`StampWriter replaces a stamp without a trace, ${format}`, () => {
    const payload = encodeUpdate(dbUpdate(GOOD_DOCUMENT), format);
    const first = stamp(payload);
    const second = stamp(first, {
      id: OTHER_ID,
      seq: 2 ** 53 - 1,
      stampOffset: stampOffsetOf(first),
    });
    assert.deepEqual(second, stamp(payload, { id: OTHER_ID, seq: 2 ** 53 - 1 }));
    assert.equal(decodeUpdate(second, "D").origin?.seq, 2 ** 53 - 1);
  });

  Deno.test(`encodeUpdate writes an origin exactly as its publisher did, ${format}`, () => {
    const update = { ...dbUpdate(GOOD_DOCUMENT), origin: { ...ORIGIN, topic: "D" } };
    const payload = encodeUpdate(update, format);
    assert.deepEqual(payload, stamp(encodeUpdate(withoutOrigin(update), format)));
    assert.deepEqual(decodeUpdate(payload, "D").origin, update.origin);
  });

  Deno.test(`StampWriter writes the time 0 like any other time, ${format}`, () => {
    const stamped = stamp(encodeUpdate(dbUpdate(GOOD_DOCUMENT), format), { sentAt: 0 });
    assert.equal(decodeUpdate(stamped, "D").origin?.sentAt, 0);
  });
}

Deno.test("StampWriter drops blanks after a JSON text, and keeps braces inside it", () => {
  const text = JSON.stringify({ ...GOOD_DOCUMENT, value: "}}" }) + " \n\t";
  const stamped = stamp(oldString(text));
  assert.equal(decodeUpdate(stamped, "frame").value, "}}");
  assert.deepEqual(decodeUpdate(stamped, "frame").origin, ORIGIN);
});

Deno.test("StampWriter refuses a publisher's id that is not a UUID in lower case", () => {
  for (const id of ["", "controller-1", ID.toUpperCase(), `${ID}0`]) {
    assert.throws(() => new StampWriter(id, EPOCH), /is not a UUID in lower case/);
  }
});

Deno.test("StampWriter plans no stamp, when a payload has neither format", () => {
  const writer = new StampWriter(ID, EPOCH);
  for (const bytes of ["", "00", "c0", "90", "a3 616263", "d9", "ff"]) {
    assert.equal(writer.plan(hex(bytes), -1), 0, bytes);
  }
});

Deno.test("PayloadChecker finds no stamp, when it ends a map inside the event", () => {
  const stamped = stamp(encodeUpdate(dbUpdate(GOOD_DOCUMENT), "map"));
  const { value: _, ...others } = {
    table: "c0",
    key: "c0",
    action: oldString("sync"),
    topic: "c0",
    value: "",
  };
  const payload = mapOf({ ...others, value: stamped });
  assert.equal(verdict(payload), null);
  assert.equal(stampOffsetOf(payload), -1);
  assert.equal(decodeUpdate(payload, "D").origin, undefined);
});

const STAMP = { publisher: ID, epoch: 5, seq: 3, sent: 9 };

Deno.test("decodeUpdate reads a stamp wherever its parts are, when all are valid", () => {
  for (const write of [encode, (value: object) => oldString(JSON.stringify(value))]) {
    const payload = write({ sent: 9, ...GOOD_DOCUMENT, seq: 3, epoch: 5, publisher: ID });
    assert.deepEqual(decodeUpdate(payload, "t").origin, {
      publisher: ID,
      epoch: 5,
      topic: "t",
      seq: 3,
      sentAt: 9,
    });
  }
});

Deno.test("decodeUpdate accepts the event without an origin, when a part of the stamp is invalid", () => {
  const wrong = [
    ...["publisher", "epoch", "seq", "sent"].map((name) => ({ [name]: undefined })),
    ...["", "x".repeat(36), ID.toUpperCase(), 7, null].map((publisher) => ({ publisher })),
    ...[0, -1, 1.5, "3", null, [3]].flatMap((value) => [{ epoch: value }, { seq: value }]),
    ...[-1, 0.5, "9", null].map((sent) => ({ sent })),
  ];
  for (const change of wrong) {
    const document = JSON.parse(JSON.stringify({ ...GOOD_DOCUMENT, ...STAMP, ...change }));
    for (const payload of [encode(document), oldString(JSON.stringify(document))]) {
      const update = decodeUpdate(payload, "D");
      assert.equal(Object.hasOwn(update, "origin"), false, JSON.stringify(change));
      assert.deepEqual(wirePart(update), GOOD_DOCUMENT);
    }
  }
});
