import assert from "node:assert/strict";
import { ZmtpFilter } from "./zmtp_filter.ts";

const GREETING = new Uint8Array(64).fill(1);
const READY = Uint8Array.of(4, 2, 7, 7);
const text = (frame: Uint8Array | undefined) => new TextDecoder().decode(frame);

function message(topic: string, payload: string): Uint8Array {
  const [first, second] = [topic, payload].map((part) => new TextEncoder().encode(part));
  const long = new Uint8Array(9);
  long[0] = 2;
  new DataView(long.buffer).setBigUint64(1, BigInt(second?.length ?? 0));
  return Uint8Array.from([1, first?.length ?? 0, ...first ?? [], ...long, ...second ?? []]);
}

Deno.test("ZmtpFilter drops whole messages and nothing else, when bytes arrive in portions of any size", () => {
  const parts = [GREETING, READY, message("D", "keep"), message("D", "drop"), READY];
  const stream = Uint8Array.from([...parts, message("D", "x".repeat(300))].flatMap((p) => [...p]));
  const kept = stream.length - message("D", "drop").length;
  for (const portion of [1, 2, 7, 64, 65, stream.length]) {
    const filter = new ZmtpFilter((frames) => text(frames[1]) === "drop");
    let passed = 0;
    for (let at = 0; at < stream.length; at += portion) {
      passed += filter.push(stream.subarray(at, at + portion)).length;
    }
    assert.equal(passed, kept, `in portions of ${portion}`);
  }
});

Deno.test("ZmtpFilter passes each message's frames to the callback, and no command", () => {
  const seen: string[][] = [];
  const filter = new ZmtpFilter((frames) => {
    seen.push(frames.map(text));
    return false;
  });
  const stream = [GREETING, READY, message("D", "a"), message("project", "b")];
  const bytes = Uint8Array.from(stream.flatMap((part) => [...part]));
  assert.deepEqual(filter.push(bytes), bytes);
  assert.deepEqual(seen, [["D", "a"], ["project", "b"]]);
});
