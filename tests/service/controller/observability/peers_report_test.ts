import assert from "node:assert/strict";
import type { PeerState } from "../../../../drivers/contract/peer_state.ts";
import {
  peersJson,
  peersReport,
} from "../../../../service/controller/observability/peers_report.ts";
import { peerMetrics } from "../../../../service/controller/observability/peer_metrics.ts";

function peer(node: string | undefined, lag: number, more: Partial<PeerState> = {}): PeerState {
  return {
    address: `192.0.2.${lag % 200}:4000${lag % 10}`,
    session: node === undefined ? undefined : { node, processId: 7, version: "1.0.0" },
    socketType: "SUB",
    topics: () => ["D"],
    topicCount: 1,
    connectedAt: 0,
    lag,
    backlog: () => ({ events: lag, bytes: lag * 250 }),
    skipped: 0,
    replayed: 0,
    lost: 0,
    applied: () => undefined,
    ...more,
  };
}

function publisherOf(...peers: PeerState[]) {
  return { peers: () => peers };
}

Deno.test("peersReport lists the peers that are furthest behind first, including the lag of their applications", async () => {
  const stuck = peer("stuck", 0, {
    applied: () => ({ behind: 50, behindMs: 9_500, ageMs: 9_000 }),
  });
  const publisher = publisherOf(peer("good", 0), stuck, peer("slow", 70), peer(undefined, 20));
  const { total, peers } = await peersReport(publisher, { id: "p", limit: 3 });
  assert.equal(total, 4);
  assert.deepEqual(peers.map(({ node }) => node), ["slow", "stuck", null]);
  assert.deepEqual(peers[1]?.applied, { behind: 50, behindMs: 9_500, ageMs: 9_000 });
  assert.deepEqual(peers[0]?.backlog, { events: 70, bytes: 17_500 });
  assert.equal(peers[0]?.connectedAt, "1970-01-01T00:00:00.000Z");
});

Deno.test("peersReport reads no backlog, when it does not show the peer", async () => {
  const backlog = () => assert.fail("the backlog was read");
  const { peers } = await peersReport(publisherOf(peer("a", 1, { backlog }), peer("b", 2)), {
    id: "p",
    limit: 1,
  });
  assert.deepEqual(peers.map(({ node }) => node), ["b"]);
});

Deno.test("peersReport yields to other tasks, when it examines many peers", async () => {
  const busy = () => {
    for (const until = performance.now() + 1; performance.now() < until;);
    return { events: 0, bytes: 0 };
  };
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await peersReport(
    publisherOf(...Array.from({ length: 50 }, () => peer("a", 1, { backlog: busy }))),
    { id: "p", limit: 50 },
  );
  clearInterval(timer);
  assert(turns >= 5, `${turns} turns in 50 ms`);
});

Deno.test("peersReport gives a reason, when the driver does not know its subscribers", async () => {
  const { reason, ...rest } = await peersReport({}, { id: "p", limit: 10 });
  assert.deepEqual(rest, { publisher: "p", total: 0, peers: [], gone: [] });
  assert.equal(reason, "the network driver does not know its subscribers");
  assert.equal((await peersReport(publisherOf(), { id: "p", limit: 10 })).reason, undefined);
});

Deno.test("peersJson is JSON with or without peers, and limits long texts", async () => {
  for (const peers of [[], [peer('a"\n', 1)], [peer("a", 2), peer("b", 1)]]) {
    const report = await peersReport(publisherOf(...peers), { id: "p", limit: 10 });
    assert.deepEqual(JSON.parse((await peersJson(report)).join("")), report);
  }
  const topics = () => Array.from({ length: 100 }, () => "t".repeat(256));
  const many = Array.from({ length: 1_000 }, () => peer("a", 1, { topics }));
  const report = await peersReport(publisherOf(...many), { id: "p", limit: 1_000 });
  const text = (await peersJson(report)).join("");
  const { total, peers } = JSON.parse(text);
  assert.equal(total, 1_000);
  assert(peers.length > 100 && peers.length < 200, String(peers.length));
  assert(text.length < 4.1 * 1024 * 1024);
});

Deno.test("peersJson gives parts of a few kilobytes, however many have left", async () => {
  const { session } = peer("gone", 0);
  const departed = Array.from({ length: 1_000 }, (_, at) => ({
    ...{ address: `192.0.2.1:${at}`, session, leftAt: at, isSilent: false },
  }));
  const many = Array.from({ length: 1_000 }, (_, at) => peer(`n${at}`, at));
  const publisher = { ...publisherOf(...many), departedPeers: () => departed };
  const report = await peersReport(publisher, { id: "p", limit: 1_000 });
  const parts = await peersJson(report);
  assert.deepEqual(JSON.parse(parts.join("")), report);
  assert.equal(report.gone.length, 1_000);
  const longest = Math.max(...parts.map(({ length }) => length));
  assert(longest < 20_000, `a part of ${longest} characters`);
});

Deno.test("peersReport asks a peer once how far its application is", async () => {
  let asked = 0;
  const applied = () => ({ behind: ++asked, behindMs: 0, ageMs: 0 });
  const { peers } = await peersReport(publisherOf(peer("a", 0, { applied })), {
    id: "p",
    limit: 1,
  });
  assert.deepEqual([asked, peers[0]?.applied?.behind], [1, 1]);
});

Deno.test("peerMetrics names the ten worst nodes that are behind, each once", () => {
  const nodes = Array.from({ length: 20 }, (_, at) => peer(`n${at}`, at));
  const families = peerMetrics(publisherOf(...nodes, peer("n19", 3), peer(undefined, 500)));
  const samplesOf = (name: string) => families.find((each) => each.name === name)?.samples;
  assert.equal(samplesOf("df_pubsub_peer_lag_max_events")?.[0]?.value, 500);
  assert.deepEqual(
    samplesOf("df_pubsub_peer_lag_events")?.map(({ labels, value }) => [labels?.["node"], value]),
    [["192.0.2.100", 500], ...Array.from({ length: 9 }, (_, at) => [`n${19 - at}`, 19 - at])],
  );
});

Deno.test("peerMetrics shows the lag of a node whose application is behind, when nothing is queued for it", () => {
  const applied = () => ({ behind: 30_000, behindMs: 9_500, ageMs: 9_000 });
  const prompt = () => ({ behind: 40_000, behindMs: 1_900, ageMs: 900 });
  const peers = [peer("stuck", 0, { applied }), peer("slow", 70, { applied: prompt })];
  const families = peerMetrics(publisherOf(...peers));
  const lags = families.filter(({ name }) => name.startsWith("df_pubsub_peer_lag"))
    .flatMap(({ samples }) => samples.map(({ value }) => value));
  assert.deepEqual(lags, [30_000, 30_000, 70]);
});

Deno.test("peerMetrics has the same families for every driver", () => {
  const totals = { skipped: 1, replayed: 2, lost: 3, refused: new Map([["memory", 4]]) };
  const seen = peerMetrics({ ...publisherOf(peer("a", 1)), peerTotals: totals });
  for (const unseen of [peerMetrics(undefined), peerMetrics({})]) {
    assert.deepEqual(unseen.map(({ name }) => name), seen.map(({ name }) => name));
  }
  const values = seen.slice(0, 4).map(({ samples }) => samples[0]?.value);
  assert.deepEqual(values, [1, 2, 3, 4]);
  assert.deepEqual(seen[3]?.samples[0]?.labels, { reason: "memory" });
});
