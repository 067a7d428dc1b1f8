import assert from "node:assert/strict";
import { Patience } from "../../../../drivers/_internal/zmq/patience.ts";

const MOST_MS = 50;

function patience() {
  const time = { now: 1_000 };
  return { time, it: new Patience(MOST_MS, () => time.now) };
}

Deno.test("Patience grants what is left of the bound, from the first wait on", () => {
  const { time, it } = patience();
  assert.equal(it.wait(), MOST_MS);
  time.now += 30;
  assert.equal(it.wait(), 20);
  time.now += 30;
  assert.equal(it.wait(), 0);
});

Deno.test("Patience grants no more than the bound, however often a wait ends in time", () => {
  const { time, it } = patience();
  let waited = 0;
  while (it.wait() > 5) {
    time.now += 5;
    waited += 5;
    it.end();
    assert(waited <= MOST_MS + 5, `${waited} ms`);
  }
  assert(waited > MOST_MS - 15, `${waited} ms`);
});

Deno.test("Patience comes back, twenty times slower than it went", () => {
  const { time, it } = patience();
  it.wait();
  time.now += MOST_MS;
  it.end();
  assert.equal(it.wait(), 0);
  it.end();
  time.now += 400;
  assert.equal(it.wait(), 20);
  it.end();
  time.now += 1_000_000;
  assert.equal(it.wait(), MOST_MS);
});

Deno.test("Patience grants the bound again when excused, but not for ever", () => {
  const { time, it } = patience();
  for (let excuses = 0;; excuses++) {
    assert.equal(it.wait(), MOST_MS);
    time.now += MOST_MS;
    assert.equal(it.wait(), 0);
    if (it.excuse()) continue;
    assert.equal(excuses, 20);
    break;
  }
  it.end();
  time.now += 1_000_000;
  assert.equal(it.wait(), MOST_MS);
  assert.equal(it.excuse(), true);
});

Deno.test("Patience is told of a wait until something was sent", () => {
  const { it } = patience();
  assert.equal(it.isWaiting, false);
  it.end();
  it.wait();
  assert.equal(it.isWaiting, true);
  it.end();
  assert.equal(it.isWaiting, false);
});

Deno.test("Patience is never there, when its bound is 0", () => {
  const it = new Patience(0, () => 1_000);
  assert.equal(it.wait(), 0);
  assert.equal(it.excuse(), false);
});
