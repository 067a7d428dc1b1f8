import assert from "node:assert/strict";
import { A, B, BROKER, simulateNetwork } from "../../support/fakes/simulated_network.ts";

const POLL_MS = 30_000;
const KEEPING = { delivery: "keeps" } as const;

Deno.test("Newcomers request a sync of a publisher that appears, when the application has not waited for any", async () => {
  await using set = await simulateNetwork(KEEPING, { publisherUris: [] });
  await set.fixture.list({ address: A });
  await set.fixture.clock.advance(POLL_MS);
  await set.live("confirmed", A);
  assert.deepEqual(set.seen(), ["sync D"]);
});

Deno.test("Newcomers request a sync of a publisher that is late, when the application has not waited for any", async () => {
  await using set = await simulateNetwork(KEEPING);
  await set.live("confirmed", A);
  assert.deepEqual(set.seen(), []);
  await set.fixture.clock.advance(POLL_MS);
  await set.live("confirmed", A);
  assert.deepEqual(set.seen(), [], "it was live before");
  await set.live("confirmed", B);
  assert.deepEqual(set.seen(), ["sync D"]);
});

Deno.test("Newcomers request no sync of a publisher, when the application waits for it", async () => {
  await using set = await simulateNetwork(KEEPING, { publisherUris: [A] });
  const ready = set.node.ready();
  await set.fixture.list({ address: B });
  await set.fixture.clock.advance(POLL_MS);
  await set.live("confirmed", A, B);
  await ready;
  assert.deepEqual(set.seen(), []);
});

Deno.test("Newcomers request a sync of a publisher that appears, when the application waits again", async () => {
  await using set = await simulateNetwork(KEEPING, { publisherUris: [A] });
  const first = set.node.ready();
  await set.live("confirmed", A);
  await first;
  set.frames.lose(A);
  const abort = new AbortController();
  const again = set.node.ready({ signal: abort.signal });
  await set.fixture.list({ address: B });
  await set.fixture.clock.advance(POLL_MS);
  await set.live("confirmed", B);
  abort.abort();
  await again.catch(() => {});
  assert.deepEqual(set.seen(), ["sync D"]);
});

Deno.test("Newcomers request no sync of a publisher that has been live, when it reconnects", async () => {
  await using set = await simulateNetwork(KEEPING);
  await set.live("confirmed", A, B);
  await set.node.ready();
  set.frames.lose(B);
  await set.live("confirmed", B);
  assert.deepEqual(set.seen(), [], "it resumes");
});

Deno.test("Newcomers request no sync of a publisher for which the application has waited, when the health event comes later", async () => {
  await using set = await simulateNetwork(KEEPING, { publisherUris: [A] });
  set.frames.proveLive(A);
  await set.node.ready();
  await set.live("confirmed", A);
  assert.deepEqual(set.seen(), []);
});

Deno.test("Newcomers request a sync of a broker that is late, unless the application waits for it", async () => {
  for (const waits of [false, true]) {
    await using set = await simulateNetwork({ ...KEEPING, ...BROKER });
    const ready = waits ? set.node.ready() : Promise.resolve();
    await set.fixture.clock.advance(POLL_MS);
    await set.live("confirmed", "broker");
    await ready;
    assert.deepEqual(set.seen(), waits ? [] : ["sync D"]);
  }
});

Deno.test("Newcomers request a sync of each publisher for which the application has not waited, when its first wait has failed", async () => {
  await using set = await simulateNetwork(KEEPING);
  const abort = new AbortController();
  const ready = set.node.ready({ signal: abort.signal });
  abort.abort();
  await assert.rejects(ready);
  await set.fixture.clock.advance(POLL_MS);
  const again = set.node.ready();
  await set.live("confirmed", A);
  await again;
  assert.deepEqual(set.seen(), [], "it waits again");
  await set.live("confirmed", B);
  assert.deepEqual(set.seen(), ["sync D"]);
});
