import assert from "node:assert/strict";
import { RowSearch } from "../../../../service/controller/observability/row_search.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { StampWriter } from "../../../../service/event/codec/stamp_writer.ts";
import type { WireFormat } from "../../../../service/event/codec/wire_fields.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { numbered, type ReportingRecorder, reportingRecorder } from "../../../support/recorder.ts";
import { tempDir } from "../../../support/temp_dir.ts";

const ID = "58edf3d5-b797-52ba-b70b-5647a5c19a27";
const EPOCH = 1_700_000_000_000_000;

/** The payload of an event about a row of "lport", as a service sends it. */
function payload(key: string, seq: number, format: WireFormat = "map"): Uint8Array {
  const update = dbUpdate({ table: "lport", key, action: "set", value: `{"n":${seq}}` });
  const plain = encodeUpdate(update, format);
  const stamp = new StampWriter(ID, EPOCH);
  const stamped = new Uint8Array(stamp.plan(plain, -1));
  stamp.write(plain, stamped, 0, seq, EPOCH + seq * 1_000_000);
  return stamped;
}

function searchOf(
  { recorder }: Partial<ReportingRecorder>,
  recent?: () => { topic: string; payload: Uint8Array }[],
): RowSearch {
  return new RowSearch({ id: ID, publisher: recent === undefined ? {} : { recent }, recorder });
}

Deno.test("RowSearch finds the events of exactly one row in the recorder, the newest first, in both formats", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path);
  for (const [seq, key] of ["port-1", "port-11", "port-1", "größe\n", "port-1"].entries()) {
    opened.recorder.append("D", payload(key, seq + 1, seq % 2 === 0 ? "map" : "json"));
  }
  opened.recorder.append("D", numbered(1));
  const search = searchOf(opened);
  const { events, searched, next, reachesBackTo } = await search
    .report({ table: "lport", key: "port-1" });
  assert.notEqual(reachesBackTo, null);
  assert.deepEqual(events.map(({ seq, value }) => [seq, value]), [
    [5, '{"n":5}'],
    [3, '{"n":3}'],
    [1, '{"n":1}'],
  ]);
  assert.deepEqual([searched, next], [["recorder"], undefined]);
  assert.equal(events[2]?.at, new Date(EPOCH / 1000 + 1_000).toISOString());
  const unusual = await search.report({ table: "lport", key: "größe\n" });
  assert.deepEqual(unusual.events.map(({ seq }) => seq), [4]);
  assert.deepEqual((await search.report({ table: "lswitch", key: "port-1" })).events, []);
});

Deno.test("RowSearch lists an event once that memory and recorder have", async () => {
  await using directory = await tempDir();
  await using opened = await reportingRecorder(directory.path);
  const plain = encodeUpdate(dbUpdate({ table: "lport", key: "port-1", action: "delete" }), "map");
  for (const seq of [1, 2]) opened.recorder.append("D", payload("port-1", seq));
  opened.recorder.append("D", plain);
  const recent = () =>
    [payload("port-1", 3), plain, payload("port-1", 2)]
      .map((each) => ({ topic: "D", payload: each }));
  const { events, searched } = await searchOf(opened, recent)
    .report({ table: "lport", key: "port-1" });
  assert.deepEqual(events.map(({ seq }) => seq), [3, 2, null, 1]);
  assert.deepEqual(searched, ["memory", "recorder"]);
  const only = await searchOf({}, recent).report({ table: "lport", key: "port-1" });
  assert.deepEqual(only.events.map(({ seq }) => seq), [3, null, 2]);
  assert.equal(only.reachesBackTo, new Date(EPOCH / 1000 + 2_000).toISOString());
});

Deno.test("RowSearch ends an answer at its limits, and the next one goes on there", async () => {
  await using directory = await tempDir();
  const clock = new FakeClock(1_000);
  await using opened = await reportingRecorder(directory.path, { clock });
  for (let seq = 1; seq <= 2_500; seq++) {
    opened.recorder.append("D", payload("port-1", seq));
    if (seq % 500 === 0) await opened.recorder.flush();
  }
  const search = searchOf(opened);
  const found: (number | null)[] = [];
  let answers = 0;
  let before: string | undefined;
  do {
    const report = await search.report({ table: "lport", key: "port-1", before });
    found.push(...report.events.map(({ seq }) => seq));
    before = report.next;
    answers++;
  } while (before !== undefined);
  assert.deepEqual(found, Array.from({ length: 2_500 }, (_, index) => 2_500 - index));
  assert.equal(answers, 3);
});
