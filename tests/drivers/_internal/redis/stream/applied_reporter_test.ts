import assert from "node:assert/strict";
import type { Redis } from "ioredis";
import { silentLogger } from "../../../../../drivers/contract/logger.ts";
import { parseRecord } from "../../../../../drivers/_internal/redis/stream/applied_record.ts";
import { AppliedReporter } from "../../../../../drivers/_internal/redis/stream/applied_reporter.ts";
import {
  formatId,
  parseId,
  type StreamId,
} from "../../../../../drivers/_internal/redis/stream/position.ts";
import { eventually } from "../../../../support/eventually.ts";

/** A reporter without a timer, and what it has written: by topic, for each record. */
function reporter() {
  const positions = new Map<string, StreamId | undefined>();
  const written: Record<string, string>[] = [];
  /** When they were written, in Unix milliseconds. */
  const times: number[] = [];
  let seconds = 1_800_000_000;
  let isWithdrawn = false;
  const redis = {
    time: () => Promise.resolve([seconds, 0]),
    hset: (_key: string, _id: string, text: string) => {
      const { topics, at } = parseRecord(text) ?? assert.fail(text);
      written.push(Object.fromEntries(Array.from(topics, ([topic, id]) => [topic, formatId(id)])));
      times.push(at);
      return Promise.resolve(1);
    },
    hdel: () => Promise.resolve(isWithdrawn = true),
  } as unknown as Redis;
  const reports = new AppliedReporter({
    own: { node: "n", processId: 1, version: "1" },
    log: silentLogger,
    redis: () => redis,
    positions: () => positions,
  });
  const setServer = (to: number) => void (seconds = to);
  return { reports, positions, written, times, setServer, isWithdrawn: () => isWithdrawn };
}

Deno.test("AppliedReporter writes at once when topics are live, a later one too, and what it has of them", async () => {
  const { reports, positions, written } = reporter();
  positions.set("D", undefined);
  reports.noteApplied(0);
  await eventually(() => written.length, (length) => length === 1);
  positions.set("D", parseId("7-1"));
  reports.noteLive();
  await eventually(() => written.length, (length) => length === 2);
  assert.deepEqual(written, [{}, { D: "7-1" }]);
  positions.set("t", parseId("8-0"));
  reports.noteLive();
  await eventually(() => written.length, (length) => length === 3);
  assert.deepEqual(written.at(-1), { D: "7-1", t: "8-0" });
});

Deno.test("AppliedReporter writes an empty position of a topic that the application has nothing of yet", async () => {
  const { reports, positions, written } = reporter();
  reports.noteApplied(0);
  await eventually(() => written.length, (length) => length === 1);
  reports.noteArrived();
  positions.set("D", parseId("7-1"));
  reports.noteLive();
  await eventually(() => written.length, (length) => length === 2);
  assert.deepEqual(written.at(-1), { D: "0-0" });
  reports.noteApplied(1);
  reports.noteLive();
  await eventually(() => written.length, (length) => length === 3);
  assert.deepEqual(written.at(-1), { D: "7-1" });
});

Deno.test("AppliedReporter writes up to 1,000 topics", async () => {
  const { reports, positions, written } = reporter();
  for (let n = 1; n <= 1_001; n++) positions.set(`t${n}`, parseId("7-1"));
  reports.noteApplied(0);
  await eventually(() => written.length, (length) => length === 1);
  assert.equal(Object.keys(written[0] ?? {}).length, 1_000);
  await reports.close();
});

Deno.test("AppliedReporter writes nothing after it has withdrawn its record", async () => {
  const { reports, positions, written, isWithdrawn } = reporter();
  reports.noteApplied(0);
  positions.set("D", parseId("7-1"));
  reports.noteLive();
  await reports.close();
  assert.deepEqual([written.length, isWithdrawn()], [2, true]);
});

Deno.test("AppliedReporter writes the time of the server, also after a clock was set", async () => {
  const { reports, times, setServer } = reporter();
  const { now } = Date;
  const isWritten = (count: number) => eventually(() => times.length, (length) => length === count);
  try {
    reports.noteApplied(0);
    await isWritten(1);
    Date.now = () => now() - 600_000;
    reports.noteLive();
    await isWritten(2);
    setServer(1_900_000_000);
    reports.noteLive();
    await isWritten(3);
  } finally {
    Date.now = now;
  }
  assert.deepEqual(times, [1_800_000_000_000, 1_800_000_000_000, 1_900_000_000_000]);
});
