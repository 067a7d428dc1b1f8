import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import type { WireFormat } from "../../../../service/event/codec/wire_fields.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import {
  LOAD_TABLE,
  LoadEventWriter,
  loadTopics,
  readLoadEvent,
  streamKey,
} from "../../../../cli/bench/load/load_event.ts";

const MAX = 1024 * 1024;
const STREAM = { run: "0a1b2c3d", publisher: 12, topic: "df-pubsub-bench.7" };
const FORMATS: readonly WireFormat[] = ["map", "json"];

function writer(size: number, format: WireFormat = "map"): LoadEventWriter {
  return new LoadEventWriter(STREAM, { size, format, maxEventBytes: MAX });
}

Deno.test("LoadEventWriter writes events of exactly the given size, in both formats", () => {
  for (const format of FORMATS) {
    for (const size of [200, 250, 251, 1_000, 65_538, 65_600, 100_000, MAX]) {
      const payload = writer(size, format).write("measure", 1, 1);
      assert.equal(payload.length, size, `${format} ${size}`);
      assert.equal(decodeUpdate(payload, STREAM.topic).table, LOAD_TABLE);
    }
  }
});

Deno.test("readLoadEvent reads the output of LoadEventWriter, up to the largest numbers", () => {
  for (const format of FORMATS) {
    const events = writer(250, format);
    for (const phase of ["warmup", "measure", "end"] as const) {
      for (const seq of [0, 1, 99_999_999, 100_000_000, 999_999_999_999]) {
        const sentMicros = 1_790_000_000_123_456 + seq % 1_000;
        const update = decodeUpdate(events.write(phase, seq, sentMicros), STREAM.topic);
        assert.equal(update.action, "log");
        assert.deepEqual(readLoadEvent(update), {
          phase,
          run: STREAM.run,
          stream: streamKey(STREAM),
          seq,
          sentMicros,
        });
      }
    }
  }
});

Deno.test("readLoadEvent returns nothing, when the event is not from a load", () => {
  const { topic } = STREAM;
  const value = "m0a1b2c3d0012" + "0".repeat(28);
  const ours = { table: LOAD_TABLE, key: "load", action: "log", value, topic };
  assert.notEqual(readLoadEvent(dbUpdate(ours)), undefined);
  const others = [
    { ...ours, table: "lport" },
    { ...ours, table: null, key: null },
    { ...ours, value: null },
    { ...ours, value: { m: 1 } },
    { ...ours, value: value.slice(0, -1) },
    { ...ours, value: `x${value.slice(1)}` },
    { ...ours, value: value.replace(/0$/, "-") },
  ];
  for (const other of others) assert.equal(readLoadEvent(dbUpdate(other)), undefined);
});

Deno.test("LoadEventWriter refuses an impossible size, and suggests a possible one", () => {
  assert.throws(() => writer(20), /"size": 20 bytes, .*wanted 1\d\d or more/);
  assert.throws(() => writer(MAX + 1), /"size": 1048577 bytes, .*wanted at most 1048576/);
  // Where the header of a text grows, two sizes are impossible.
  const refused = Array.from({ length: 400 }, (_, index) => 65_400 + index).filter((size) => {
    try {
      return writer(size).write("measure", 1, 1).length !== size;
    } catch (error) {
      assert(error instanceof RangeError);
      return true;
    }
  });
  assert.equal(refused.length, 2);
});

Deno.test("LoadEventWriter refuses a stream, when its number does not fit into an event", () => {
  const options = { size: 250, format: "map", maxEventBytes: MAX } as const;
  for (const wrong of [{ run: "short" }, { publisher: 10_000 }]) {
    assert.throws(() => new LoadEventWriter({ ...STREAM, ...wrong }, options), RangeError);
  }
});

Deno.test("loadTopics returns the same distinct topics each time", () => {
  assert.deepEqual(loadTopics(2), ["df-pubsub-bench.1", "df-pubsub-bench.2"]);
  assert.equal(new Set(loadTopics(1_000)).size, 1_000);
});
