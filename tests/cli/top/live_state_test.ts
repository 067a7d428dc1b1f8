import assert from "node:assert/strict";
import { LiveFeed } from "../../../cli/top/live_state.ts";
import { first, NOW, row } from "./top_fixture.ts";

function later(ms: number, more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    now: NOW + ms,
    ready: true,
    checks: [],
    samples: [],
    peers: [],
    ...more,
  });
}

function namesOf(feed: LiveFeed): string[] {
  return feed.state.peers.map(({ name, state }) => `${name} ${state}`);
}

Deno.test("LiveFeed reads the whole state, and then changes", () => {
  const feed = new LiveFeed();
  feed.take(first({ peers: [row("a"), row("b")] }));
  const samples = [{ received: 7, sent: 8, p50Ms: 1, p99Ms: 2, dbMs: 3 }];
  feed.take(later(1_000, { samples, removed: ["tcp://a"], peers: [row("c", { lost: 4 })] }));
  assert.deepEqual(namesOf(feed), ["b current", "c current"]);
  assert.deepEqual(feed.state.rates, { received: 7, sent: 8, p50Ms: 1, p99Ms: 2, dbMs: 3 });
  assert.equal(feed.state.upSeconds, 6);
  feed.take(first({ samples: [] }));
  assert.deepEqual(namesOf(feed), []);
  assert.equal(feed.state.rates, undefined);
});

Deno.test("LiveFeed shows the state that the service reports, and no state that it does not know", () => {
  const feed = new LiveFeed();
  feed.take(first({ peers: [row("a", { state: "stuck" }), row("b", { state: "<b>" })] }));
  assert.deepEqual(namesOf(feed), ["a stuck", "b current"]);
  feed.take(later(1_000, { peers: [row("a", { state: "behind" })] }));
  assert.deepEqual(namesOf(feed), ["a behind", "b current"]);
});

Deno.test("LiveFeed identifies a node of the original by its address", () => {
  const feed = new LiveFeed();
  feed.take(first({ peers: [row("a", { node: undefined, version: undefined })] }));
  assert.deepEqual(namesOf(feed), ["tcp://a current"]);
});

Deno.test("LiveFeed refuses an invalid message", () => {
  for (const data of ["", "[]", "null", "{}", '{"now":"x"}']) {
    assert.throws(() => new LiveFeed().take(data), Error, data);
  }
});

Deno.test("LiveFeed keeps 2,000 rows at most, and survives values of other types", () => {
  const feed = new LiveFeed();
  const rows = (from: number) =>
    Array.from({ length: 2_000 }, (_, index) => row(`${from + index}`));
  feed.take(first({ peers: rows(0), checks: 5, publishers: [null, 5], samples: {}, topics: [] }));
  feed.take(later(1, { peers: rows(2_000), removed: "x", checks: [{}] }));
  assert.equal(feed.state.peers.length, 2_000);
});
