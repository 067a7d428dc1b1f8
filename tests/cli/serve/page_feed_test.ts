import assert from "node:assert/strict";
import { type FeedSource, PageFeed } from "../../../cli/serve/page_feed.ts";
import type { DepartedPeer, PeerState } from "../../../drivers/contract/peer_state.ts";
import type { SeenPeer } from "../../../service/controller/observability/peers_report.ts";
import { readinessOf } from "../../../service/controller/observability/readiness.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const READY = readinessOf([{ name: "service", ok: true, detail: "running" }]);

function peer(
  address: string,
  behind: number,
  { behindMs = 2_500, ageMs = 3_500, topics = ["D"] } = {},
): SeenPeer {
  const applied = { behind, behindMs, ageMs };
  const state: PeerState = {
    ...{ address, session: { node: `node-${address}`, processId: 1, version: "1" } },
    ...{ socketType: "SUB", topics: (most) => topics.slice(0, most), topicCount: topics.length },
    ...{ connectedAt: 1_000, lag: 0, backlog: () => ({ events: 0, bytes: 0 }) },
    ...{ skipped: 0, replayed: 0, lost: 0, applied: () => applied },
  };
  return { state, applied, behind };
}

/** The fields of a row that tests read. */
interface Row {
  readonly address: string;
  readonly topics: readonly string[];
  readonly behind: number;
  readonly behindFor: number;
  readonly state: string;
}

/** A feed of a service that a test simulates. */
class Played implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log = new RecordingLogger();
  /** The limits with which the feed requested peers. */
  readonly limits: number[] = [];
  peers: readonly SeenPeer[] = [];
  departed: readonly DepartedPeer[] = [];
  received = 0;
  known = READY;
  probed = READY;
  readonly feed: PageFeed;

  constructor() {
    const about = { host: "h" };
    this.feed = new PageFeed({
      source: () => this.#source,
      about,
      clock: this.clock,
      log: this.log,
    });
  }

  get #source(): FeedSource {
    return {
      known: this.known,
      readiness: () => Promise.resolve(this.probed),
      publishers: [],
      totals: {
        received: this.received,
        sent: 0,
        batchCounts: [],
        database: { calls: 0, seconds: 0 },
      },
      counts: () => ({
        topics: new Map([["D", this.received], ["quiet", 5]]),
        tables: new Map([["lport", 3 * this.received]]),
      }),
      seenPeers: (limit) => {
        this.limits.push(limit);
        const peers = this.peers.slice(0, limit);
        const [total, departed] = [this.peers.length, this.departed];
        return Promise.resolve({ total, peers, departed });
      },
    };
  }

  second(): Promise<void> {
    return this.clock.advance(1_000);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.feed[Symbol.asyncDispose]();
  }
}

async function next(reader: ReadableStreamDefaultReader<string>) {
  const { value = "" } = await reader.read();
  const [, data = ""] = /^(?:retry: \d+\n)?data: ([^\n]*)\n\n$/.exec(value) ?? [];
  return JSON.parse(data);
}

Deno.test("PageFeed requests only one peer while it has no viewers, and keeps samples", async () => {
  await using played = new Played();
  await played.second();
  played.received = 5;
  await played.second();
  assert.deepEqual([...new Set(played.limits)], [1]);
  const reader = played.feed.stream().getReader();
  const { about, samples, peers } = await next(reader);
  assert.deepEqual([about, samples.length, samples.at(-1).received], [{ host: "h" }, 2, 5]);
  assert.deepEqual(peers, []);
  await played.second();
  assert.equal(played.limits.at(-1), 1_000);
  await reader.cancel();
  await played.second();
  assert.equal(played.limits.at(-1), 1);
});

Deno.test("PageFeed sends each viewer the whole state first, and then only changes", async () => {
  await using played = new Played();
  await played.second();
  const first = played.feed.stream().getReader();
  await next(first);
  played.peers = [peer("a", 4), peer("b", 0)];
  await played.second();
  const all = await next(first);
  assert.deepEqual(all.peers.map(({ address }: Row) => address), ["a", "b"]);
  assert.deepEqual(
    all.peers.map(({ behind, behindFor, state }: Row) => [behind, behindFor, state]),
    [[4, 2, "behind"], [0, 0, "current"]],
  );
  const second = played.feed.stream().getReader();
  assert.equal((await next(second)).peers.length, 2);
  played.peers = [peer("b", 1)];
  await played.second();
  for (const reader of [first, second]) {
    const { peers, removed, total, samples } = await next(reader);
    assert.deepEqual(peers.map(({ address }: Row) => address), ["b"]);
    assert.deepEqual([removed, total, samples.length], [["a"], 1, 1]);
  }
});

Deno.test("PageFeed marks a node as stuck, when it has been behind and silent for three seconds", async () => {
  await using played = new Played();
  await played.second();
  const reader = played.feed.stream().getReader();
  await next(reader);
  played.peers = [
    peer("a", 1, { behindMs: 3_000, ageMs: 3_000 }),
    peer("b", 1, { behindMs: 2_999, ageMs: 9_000 }),
    peer("c", 1, { behindMs: 9_000, ageMs: 2_999 }),
  ];
  await played.second();
  const { peers } = await next(reader);
  assert.deepEqual(peers.map(({ state }: Row) => state), ["stuck", "behind", "behind"]);
});

Deno.test("PageFeed sends the first topics of a node, and its row again when they change", async () => {
  await using played = new Played();
  await played.second();
  const reader = played.feed.stream().getReader();
  await next(reader);
  const topicsAfter = async (topics: string[]) => {
    played.peers = [peer("a", 0, { topics })];
    await played.second();
    return (await next(reader)).peers.map((row: Row) => row.topics);
  };
  assert.deepEqual(await topicsAfter(["a", "b", "c", "d"]), [["a", "b", "c"]]);
  assert.deepEqual(await topicsAfter(["a", "b", "c", "d"]), []);
  assert.deepEqual(await topicsAfter(["a", "b", "x", "d"]), [["a", "b", "x"]]);
});

Deno.test("PageFeed sends events per second by topic and by table while somebody looks", async () => {
  await using played = new Played();
  await played.second();
  const reader = played.feed.stream().getReader();
  assert.equal((await next(reader)).topics, undefined);
  await played.second();
  assert.deepEqual((await next(reader)).topics, []);
  played.received = 5;
  await played.second();
  const { topics, tables } = await next(reader);
  assert.deepEqual([topics, tables], [[["D", 5]], [["lport", 15]]]);
});

Deno.test("PageFeed sends a disconnected node, until the node reconnects at another port", async () => {
  await using played = new Played();
  await played.second();
  const reader = played.feed.stream().getReader();
  await next(reader);
  const { state: { address, session } } = peer("a", 0);
  played.departed = [{ address, session, leftAt: 7_000, isSilent: false }];
  await played.second();
  const { peers, total } = await next(reader);
  assert.deepEqual([peers[0].node, peers[0].goneSince, total], ["node-a", 7_000, 0]);
  played.departed = [];
  await played.second();
  assert.deepEqual((await next(reader)).removed, ["a"]);
});

Deno.test("PageFeed sends the whole state again, when a viewer was too slow for a change", async () => {
  await using played = new Played();
  played.peers = [peer("a", 4), peer("b", 0)];
  const reader = played.feed.stream().getReader();
  for (let second = 0; second < 3; second++) await played.second();
  // The first message was still queued, so there was no room for others.
  assert.equal((await next(reader)).samples.length, 0);
  await played.second();
  const { about, peers } = await next(reader);
  assert.deepEqual([about, peers.length], [{ host: "h" }, 2]);
  await played.second();
  assert.equal((await next(reader)).about, undefined);
});

Deno.test("PageFeed shows the result of the database check, and known failures at once", async () => {
  await using played = new Played();
  await played.second();
  const reader = played.feed.stream().getReader();
  await next(reader);
  played.probed = readinessOf([{ name: "registration", ok: false, detail: "the row is gone" }]);
  await played.second();
  assert.equal((await next(reader)).checks[0].detail, "the row is gone");
  played.known = readinessOf([{ name: "service", ok: false, detail: "stopping" }]);
  await played.second();
  const { ready, checks } = await next(reader);
  assert.deepEqual([ready, checks[0].detail], [false, "stopping"]);
});

Deno.test("PageFeed ends its streams, when it is disposed", async () => {
  const played = new Played();
  const reader = played.feed.stream().getReader();
  await next(reader);
  await played[Symbol.asyncDispose]();
  assert.equal((await reader.read()).done, true);
});

Deno.test("PageFeed logs why it ended and does not affect the service, when its sampling fails", async () => {
  await using played = new Played();
  await played.second();
  Object.defineProperty(played, "known", { get: () => assert.fail("broken") });
  await played.second();
  assert.deepEqual(played.log.lines.map(({ message }) => message), ["The page has ended: broken"]);
});
