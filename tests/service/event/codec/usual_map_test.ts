import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { MapPayload } from "../../../../service/event/codec/map_payload.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import { GOOD_DOCUMENT, hex, ORIGIN, verdict } from "./support.ts";

const VALUES = [null, "", "v", "v".repeat(31), `{"name":"${"v".repeat(60)}"}`, "端口".repeat(20)];
const PAYLOADS = VALUES.flatMap((value) => {
  const update = dbUpdate({ ...GOOD_DOCUMENT, value });
  return [encodeUpdate(update, "map"), encodeUpdate({ ...update, origin: ORIGIN }, "map")];
});

/** The same map with a header of three bytes, which only the scanner for any document reads. */
function unusual(payload: Uint8Array): Uint8Array {
  return Uint8Array.of(0xde, 0, (payload[0] ?? 0) & 0x0f, ...payload.subarray(1));
}

/** Places a payload at the end of its memory, or among other bytes. */
function placed(payload: Uint8Array, ...after: number[]): Uint8Array {
  return Uint8Array.of(0xc1, ...payload, ...after).subarray(1, 1 + payload.length);
}

/** Asserts that both readers find the same in a payload. */
function assertSame(payload: Uint8Array): void {
  const any = unusual(payload);
  const code = verdict(any);
  for (const usual of [placed(payload), placed(payload, 0x41, 0x41, 0x41, 0x41)]) {
    if (verdict(usual) !== code) assert.fail(`${verdict(usual)}, wanted ${code}: ${payload}`);
    if (code !== null) continue;
    const options = { timestamp: 1 };
    assert.deepEqual(decodeUpdate(usual, "D", options), decodeUpdate(any, "D", options));
    const [one, other] = [new MapPayload(), new MapPayload()];
    one.scan(usual);
    other.scan(any);
    assert.equal(one.stampOffset, other.stampOffset < 0 ? -1 : other.stampOffset - 2);
  }
}

Deno.test("MapPayload reads the usual form as the scanner reads any other, cut at every byte", () => {
  for (const payload of PAYLOADS) {
    for (let size = 1; size <= payload.length; size++) assertSame(payload.subarray(0, size));
  }
});

Deno.test("MapPayload reads the usual form as the scanner reads any other, with every byte changed", () => {
  const bytes = hex("00 01 1f 20 41 7f 80 a0 a1 bf c0 c1 c3 cf d9 da db e7 ff");
  for (const payload of PAYLOADS) {
    for (let at = 1; at < payload.length; at++) {
      for (const byte of bytes) {
        const changed = payload.slice();
        changed[at] = byte;
        assertSame(changed);
      }
    }
  }
});

Deno.test("MapPayload finds no stamp in an event, after one with a stamp", () => {
  const map = new MapPayload();
  const [plain = new Uint8Array(), stamped = new Uint8Array()] = PAYLOADS;
  map.scan(stamped);
  assert(map.stampOffset > 0);
  map.scan(plain);
  assert.deepEqual([map.stampOffset, map.stampHead(0)], [-1, 0]);
});
