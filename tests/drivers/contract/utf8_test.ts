import assert from "node:assert/strict";
import { utf8FaultAt, utf8Length, utf8Text } from "../../../drivers/contract/utf8.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function platformAccepts(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function assertLikePlatform(bytes: Uint8Array): void {
  const accepted = utf8FaultAt(bytes, 0, bytes.length) < 0;
  if (accepted !== platformAccepts(bytes)) assert.fail(`differs on ${bytes}`);
}

/** Bytes at the limits of every range in Unicode's table of well-formed sequences. */
const EDGES = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf]
  .concat([0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff]);

Deno.test("utf8FaultAt agrees with the platform, on all pairs of bytes", () => {
  for (let pair = 0; pair < 0x1_0000; pair++) {
    assertLikePlatform(new Uint8Array([pair >> 8, pair & 0xff]));
  }
});

const LATER = [0x7f, 0x80, 0xbf, 0xc0];

Deno.test("utf8FaultAt agrees with the platform, on three and four bytes at the limits", () => {
  for (const a of EDGES) {
    for (const b of EDGES) {
      for (const c of LATER) {
        assertLikePlatform(new Uint8Array([a, b, c]));
        for (const d of LATER) assertLikePlatform(new Uint8Array([a, b, c, d]));
      }
    }
  }
});

Deno.test("utf8FaultAt returns the first byte of the fault, when ASCII of any length precedes it", () => {
  for (let before = 0; before < 20; before++) {
    const bytes = new Uint8Array([...new Uint8Array(before).fill(0x61), 0xc3, 0x28, 0x61, 0x61]);
    assert.equal(utf8FaultAt(bytes, 0, bytes.length), before);
  }
});

Deno.test("utf8FaultAt does not read past its end, when a sequence continues there", () => {
  const bytes = new TextEncoder().encode("ab端");
  assert.equal(utf8FaultAt(bytes, 0, 4), 2);
  assert.equal(utf8FaultAt(bytes, 3, 5), 3);
  assert.equal(utf8FaultAt(bytes, 2, 5), -1);
});

for (const text of ["", "a", "naïve ✓", "端口".repeat(40), "😀", "\ufeffbom", "x".repeat(500)]) {
  Deno.test(`utf8Text and utf8Length preserve ${JSON.stringify(text.slice(0, 10))} ${text.length}`, () => {
    const bytes = new TextEncoder().encode(`<${text}>`);
    assert.equal(utf8Text(bytes, 1, bytes.length - 1), text);
    assert.equal(utf8Length(text), bytes.length - 2);
  });
}
