import assert from "node:assert/strict";
import type { AppliedTracker, TopicSubscriber } from "../../../../drivers/contract/peer_state.ts";
import { AppliedQueries } from "../../../../service/controller/observability/applied_queries.ts";
import type { AppliedQuery } from "../../../../service/protocol/applied_report.ts";

const QUERY: AppliedQuery = {
  topic: "D",
  nodes: "all",
  waitMs: 0,
  waitedMs: 2_000,
  ignoreOlderThanMs: 60_000,
};

function node(name: string, more: Partial<TopicSubscriber> = {}): TopicSubscriber {
  const session = { node: name, processId: 7, version: "1.0.0" };
  return { session, address: "192.0.2.1:4000", hasApplied: true, behind: 0, ageMs: 10, ...more };
}

const away = (agoMs: number, isSilent = false) => ({
  hasApplied: false,
  behind: 1,
  ageMs: undefined,
  departed: { leftAt: Date.now() - agoMs, isSilent },
});

function looksAt(subscribers: readonly TopicSubscriber[], more: Partial<AppliedTracker> = {}) {
  const requested: string[] = [];
  const applied: AppliedTracker = {
    place: (_topic, back = 0) => Promise.resolve(String(100 - back)),
    subscribers: (_topic, place) => {
      requested.push(place);
      return Promise.resolve(subscribers);
    },
    reached: () => Promise.resolve(),
    ...more,
  };
  const looks = new AppliedQueries({
    id: "p",
    publisher: { applied },
    isBound: true,
    positionOf: (topic) => topic === "D" ? { epoch: 5, seq: 40 } : undefined,
  });
  return { looks, requested };
}

Deno.test("AppliedQueries state why a node has not applied an event: it is catching up, stuck or gone", async () => {
  const lacks = { hasApplied: false, behind: 3 };
  const { looks } = looksAt([
    node("has"),
    node("moves", lacks),
    node("stands", { ...lacks, ageMs: 2_500 }),
    node("silent", away(4_000, true)),
    node("dead", away(4_000)),
    node("long-silent", away(20_000, true)),
    { ...node(""), session: undefined, hasApplied: false, behind: undefined, ageMs: undefined },
  ]);
  const report = await looks.report(QUERY);
  assert.deepEqual([report.nodes, report.applied, report.needed, report.unable], [6, 1, 6, 1]);
  assert.deepEqual(
    Object.fromEntries(report.stragglers.map(({ node, state }) => [node, state])),
    {
      "moves": "catching-up",
      "stands": "stuck",
      "silent": "stuck",
      "dead": "gone",
      "long-silent": "gone",
    },
  );
  assert.deepEqual(report.position, { publisher: "p", epoch: 5, topic: "D", seq: 40 });
});

Deno.test("AppliedQueries do not count a node that has been away for too long, but list it", async () => {
  const { looks } = looksAt([node("has"), node("dead", away(61_000))]);
  const { nodes, applied, ignored, stragglers } = await looks.report(QUERY);
  assert.deepEqual([nodes, applied, stragglers.length], [1, 1, 0]);
  assert.deepEqual(ignored.map(({ node, state }) => [node, state]), [["dead", "gone"]]);
});

Deno.test("AppliedQueries find the position of an older event, and refuse an unknown position", async () => {
  const { looks, requested } = looksAt([node("has")]);
  const of = (publisher: string, epoch: number, seq: number) =>
    looks.report({ ...QUERY, position: { publisher, epoch, topic: "D", seq } });
  assert.equal((await of("p", 5, 38)).reason, undefined);
  assert.deepEqual(requested, ["98"]);
  assert.match((await of("other", 5, 38)).reason ?? "", /does not belong to publisher "p"/);
  const earlier = await of("p", 4, 38);
  assert.match(earlier.reason ?? "", /restarted/);
  assert.equal(earlier.hasRestarted, true);
  const later = await of("p", 5, 41);
  assert.match(later.reason ?? "", /does not know/);
  assert.equal(later.hasRestarted, false);
});

Deno.test("AppliedQueries answer as soon as enough nodes have applied the event", async () => {
  let looked = 0;
  const waitedFor: unknown[] = [];
  const { looks } = looksAt([], {
    reached: (topic, place, { count }) => {
      waitedFor.push([topic, place, count]);
      return Promise.resolve();
    },
    subscribers: () =>
      Promise.resolve([node("a"), node("b", { hasApplied: ++looked > 3, behind: 1 })]),
  });
  const half = await looks.report({ ...QUERY, nodes: { percent: 50 }, waitMs: 2_000 });
  assert.deepEqual([half.applied, half.needed, looked], [1, 1, 1]);
  const all = await looks.report({ ...QUERY, waitMs: 2_000 });
  assert.deepEqual([all.applied, all.needed, looked], [2, 2, 4]);
  assert.deepEqual(waitedFor, [["D", "100", 1], ["D", "100", 1]]);
});

Deno.test("AppliedQueries give a reason, when the tracker fails or is missing", async () => {
  const { looks } = looksAt([], { place: () => Promise.reject(new Error("no server")) });
  assert.equal((await looks.report(QUERY)).reason, "no server");
  const positionOf = () => undefined;
  const without = new AppliedQueries({ id: "p", publisher: {}, isBound: true, positionOf });
  assert.match((await without.report(QUERY)).reason ?? "", /does not know/);
});
