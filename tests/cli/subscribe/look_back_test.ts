import assert from "node:assert/strict";
import { LookBack, type LookBackFlags } from "../../../cli/subscribe/look_back.ts";
import type { NetworkSubscriber } from "../../../service/receive/network_subscriber.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { FakeOutput } from "../../support/fakes/fake_io.ts";
import { NoticeWriter } from "../../../cli/subscribe/notice_writer.ts";
import { timeFormat } from "../../../cli/events/event_time.ts";

const TOPICS = { topics: ["tenant"], broadcast: true, allTopics: false, filter: undefined };

function lookBack(flags: LookBackFlags, isJson = false) {
  const err = new FakeOutput();
  const time = timeFormat({ utc: true });
  const notices = new NoticeWriter(err, { isJson, time, hasColour: false });
  return { err, lookBack: new LookBack({ ...flags, utc: true }, TOPICS, notices) };
}

/** A network whose publishers are live. */
function networkOf(...addresses: readonly string[]): NetworkSubscriber {
  return { ready: () => Promise.resolve(addresses) } as unknown as NetworkSubscriber;
}

Deno.test("LookBack ends when the past of every topic of every publisher has come", async () => {
  const { lookBack: each } = lookBack({ end: true });
  assert.deepEqual(each.beginning, { since: "start" });
  const ends: string[] = [];
  const past = { kind: "end" } as const;
  each.onPast({ past, topic: "D", address: "a" });
  await each.watch(networkOf("a", "b"), false, (why) => ends.push(why));
  each.onPast({ past, topic: "D", address: "b" });
  each.onPast({ past, topic: "tenant", address: "a" });
  assert.deepEqual(ends, []);
  each.onPast({ past, topic: "tenant", address: "b" });
  assert.deepEqual(ends, ["caught up"]);
});

Deno.test("LookBack waits also for publishers without a row, when the user has named some", async () => {
  for (const areNamed of [false, true]) {
    const { lookBack: each } = lookBack({ end: true });
    const asked = Promise.withResolvers<boolean | undefined>();
    const ready = ({ withUnlisted }: { readonly withUnlisted?: boolean }) => {
      asked.resolve(withUnlisted);
      return Promise.resolve(["a"]);
    };
    await each.watch({ ready } as unknown as NetworkSubscriber, areNamed, () => {});
    assert.equal(await asked.promise, areNamed);
  }
});

Deno.test("LookBack passes events up to --until, and ends then if that is in the future", async () => {
  const until = Date.now() + 30;
  using each = lookBack({ until }).lookBack;
  assert.deepEqual(each.beginning, { since: undefined, last: undefined });
  const at = (timestamp: number) => dbUpdate({ table: null, key: null, action: "sync", timestamp });
  assert.deepEqual([until, until + 1].map((time) => each.filter?.(at(time))), [true, false]);
  const ended = Promise.withResolvers<string>();
  await each.watch(networkOf("a"), false, ended.resolve);
  assert.equal(await ended.promise, "--until has come");
  assert(Date.now() >= until - 1);
});

Deno.test("LookBack reports a past that is shorter than wanted, and no other", () => {
  const keptSince = Date.UTC(2026, 10, 29);
  const start = {
    topic: "D",
    address: "a",
    past: { kind: "start", frames: 3, keptSince },
  } as const;
  const cases: readonly (readonly [LookBackFlags, boolean])[] = [
    [{ last: 4 }, true],
    [{ last: 3 }, false],
    [{ since: keptSince - 1 }, true],
    [{ since: keptSince }, false],
    [{ since: "start" }, false],
    [{ since: keptSince - 1, last: 3 }, false],
    [{ since: keptSince, last: 4 }, false],
  ];
  for (const [flags, isReported] of cases) {
    const { err, lookBack: each } = lookBack(flags);
    each.onPast(start);
    assert.equal(err.text !== "", isReported, JSON.stringify(flags));
    const { err: whole, lookBack: other } = lookBack(flags);
    other.onPast({ ...start, past: { ...start.past, keptSince: 0 } });
    assert.equal(whole.text, "");
  }
  const unknown = { ...start, past: { kind: "start", frames: 3 } } as const;
  for (const flags of [{ last: 3 }, { since: keptSince }, { since: keptSince, last: 3 }]) {
    const { err, lookBack: each } = lookBack(flags);
    each.onPast(unknown);
    assert.equal(err.text, "");
  }
  const noTime = lookBack({ since: keptSince, last: 4 });
  noTime.lookBack.onPast(unknown);
  assert.equal(noTime.err.text.slice(14), "! past topic=D address=a: 3 of 4 events\n");
  const text = lookBack({ last: 4 });
  text.lookBack.onPast(start);
  const line = "! past topic=D address=a: kept since 2026-11-29 00:00:00.000Z, 3 of 4 events\n";
  assert.match(text.err.text, /^[\d:.]{12}Z ! /);
  assert.equal(text.err.text.slice(14), line);
  const json = lookBack({ last: 4 }, true);
  json.lookBack.onPast(start);
  assert.deepEqual(JSON.parse(json.err.text), {
    ...{ notice: "past", topic: "D", address: "a", events: 3 },
    keptSince: "2026-11-29T00:00:00.000Z",
  });
});
