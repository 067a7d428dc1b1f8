import assert from "node:assert/strict";
import {
  type ChoiceFlags,
  choiceWarnings,
  eventFilter,
  literalTopicWarning,
  publishWarnings,
} from "../../../cli/events/event_choice.ts";
import { topicChoice, type TopicFlags } from "../../../cli/events/topic_choice.ts";
import { type DbUpdate, dbUpdate, syncUpdate } from "../../../service/event/db_update.ts";
import { initialRow, syncedMark } from "../../../service/node/tables/snapshot_marks.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";

const EVENTS: readonly DbUpdate[] = [
  { table: "lport", key: "p1", action: "create", topic: "abc" },
  { table: "lport", key: "q1", action: "set", topic: "abd" },
  { table: "lswitch", key: "p2", action: "delete", topic: "D" },
  { table: null, key: null, action: "sync", topic: "D" },
].map((init) => dbUpdate(init));

function chosen(flags: ChoiceFlags): (string | null)[] {
  const filter = eventFilter(flags);
  return EVENTS.filter((event) => filter === undefined || filter(event)).map(({ key }) => key);
}

Deno.test("eventFilter is undefined, when no flag chooses", () => {
  assert.equal(eventFilter({}), undefined);
  assert.equal(eventFilter({ snapshot: true }), undefined);
});

Deno.test("eventFilter keeps events that match every flag and no exclusion", () => {
  assert.deepEqual(chosen({ table: ["lport"] }), ["p1", "q1"]);
  assert.deepEqual(chosen({ table: ["l*"], key: ["p?"] }), ["p1", "p2"]);
  assert.deepEqual(chosen({ key: ["p1", "q*"] }), ["p1", "q1"]);
  assert.deepEqual(chosen({ action: ["sync"] }), [null]);
  assert.deepEqual(chosen({ excludeTable: ["lport"] }), ["p2", null]);
  assert.deepEqual(chosen({ excludeKey: ["p*"] }), ["q1", null]);
  assert.deepEqual(chosen({ excludeAction: ["sync", "create"] }), ["q1", "p2"]);
  assert.deepEqual(chosen({ excludeTopic: ["ab?"] }), ["p2", null]);
  assert.deepEqual(chosen({ where: ["key~?1", "table=lport", "action!=set"] }), ["p1"]);
});

Deno.test("eventFilter takes a character after a backslash literally", () => {
  const filter = eventFilter({ key: ["a\\*"] });
  const wants = (key: string) => filter?.(dbUpdate({ table: "t", key, action: "set" }));
  assert.deepEqual([wants("a*"), wants("ab")], [true, false]);
});

Deno.test("eventFilter with a snapshot keeps its rows, whatever the action, and its mark", () => {
  const filter = eventFilter({ snapshot: true, table: ["lport"], action: ["set"] });
  const row = (table: string) => initialRow(dbUpdate({ table, key: "k", action: "create" }));
  assert.equal(filter?.(row("lport")), true);
  assert.equal(filter?.(row("lswitch")), false);
  assert.equal(filter?.(dbUpdate({ table: "lport", key: "k", action: "delete" })), false);
  assert.equal(filter?.(syncedMark([], 0)), true);
});

Deno.test("eventFilter with a snapshot takes no event from the network for a row of it, or its mark", () => {
  const filter = eventFilter({ snapshot: true, table: ["lport"], action: ["set"] });
  const forged = (table: string, action: string) => filter?.(dbUpdate({ table, key: "k", action }));
  assert.deepEqual([forged("lport", "initial"), forged("lswitch", "synced")], [false, false]);
});

Deno.test("choiceWarnings names the nearest action", () => {
  assert.deepEqual(choiceWarnings({ action: ["creat", "set", "s*"], excludeAction: ["xyz"] }), [
    '--action "creat": not a known action; did you mean "create"?',
    '--exclude-action "xyz": not a known action',
  ]);
});

Deno.test("publishWarnings names an unknown action and a topic that looks like a glob", async () => {
  assert.deepEqual(await publishWarnings({ action: "creat", topic: "net-*" }, new FakeIo()), [
    '--action "creat": not a known action; did you mean "create"?',
    '--topic "net-*": taken literally, only subscribe takes globs',
  ]);
  assert.deepEqual(await publishWarnings({ action: "create", topic: "net-1" }, new FakeIo()), []);
  assert.match((await publishWarnings({ action: "synced" }, new FakeIo())).join(), /not a known/);
});

Deno.test("literalTopicWarning warns only about characters of a glob, and names the nearest topic", async () => {
  const names = '{"tables":[],"topics":["D","tenant-a","tenant-b"]}';
  const files = { "/cache/df-pubsub/names.json": names };
  const io = new FakeIo({ env: { XDG_CACHE_HOME: "/cache" }, files });
  const hint = async (topic: string) => {
    const [warning = "none"] = await literalTopicWarning(topic, io);
    return warning.replace(/.*taken literally, only subscribe takes globs/, "warned");
  };
  assert.equal(await hint("tenant-?"), 'warned; did you mean "tenant-a"?');
  assert.equal(await hint("tenan-b*"), 'warned; did you mean "tenant-b"?');
  assert.equal(await hint("a*"), "warned");
  assert.equal(await hint("a\\*"), "none");
  assert.equal(await hint("abc"), "none");
});

function topicsOf(flags: TopicFlags) {
  const { filter, ...choice } = topicChoice(flags);
  const kept = EVENTS.filter((event) => filter === undefined || filter(event));
  return { ...choice, kept: kept.map(({ topic }) => topic) };
}

Deno.test("topicChoice subscribes to all topics only for a glob, and filters then", () => {
  const all = ["abc", "abd", "D", "D"];
  assert.deepEqual(topicsOf({}), { topics: [], broadcast: true, allTopics: false, kept: all });
  assert.deepEqual(
    topicsOf({ topic: ["abc"], onlyTopic: ["x"] }),
    { topics: ["abc", "x"], broadcast: false, allTopics: false, kept: all },
  );
  assert.deepEqual(
    topicsOf({ topic: ["*d", "lit"] }),
    { topics: ["lit"], broadcast: true, allTopics: true, kept: ["abd", "D", "D"] },
  );
  assert.deepEqual(
    topicsOf({ onlyTopic: ["ab?"] }),
    { topics: [], broadcast: false, allTopics: true, kept: ["abc", "abd"] },
  );
  assert.deepEqual(
    topicsOf({ allTopics: true }),
    { topics: [], broadcast: true, allTopics: true, kept: all },
  );
});

Deno.test("topicChoice keeps the syncs that this process requests for everything", () => {
  const { filter } = topicChoice({ onlyTopic: ["ab?"] });
  assert.equal(filter?.(syncUpdate("reconnected", { timestamp: 0 })), true);
});
