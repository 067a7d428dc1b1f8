import assert from "node:assert/strict";
import {
  formatPublisherRecord,
  isStale,
  type ParsedPublisherRecord,
  parsePublisherRecord,
} from "../../../service/publishers/publisher_record.ts";

const SEED_TEXT =
  '{"last_activity_timestamp": 1462548000.123456, "id": "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6", "uri": "tcp://1.2.3.4:8866"}';

function reasonOf(parsed: ParsedPublisherRecord): string {
  assert.ok(!parsed.readable);
  return parsed.reason;
}

function recordOf(parsed: ParsedPublisherRecord) {
  assert.ok(parsed.readable);
  return parsed.record;
}

Deno.test("parsePublisherRecord reads a row that the original wrote", () => {
  assert.deepEqual(recordOf(parsePublisherRecord(SEED_TEXT)), {
    id: "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6",
    uri: "tcp://1.2.3.4:8866",
    lastActivityTimestamp: 1462548000.123456,
  });
});

Deno.test("parsePublisherRecord explains the problem and never throws, when a row is invalid", () => {
  const cases: [string, RegExp][] = [
    ["", /^not JSON$/],
    ["{", /^not JSON$/],
    ["null", /^not a JSON object$/],
    ["[]", /^not a JSON object$/],
    ['"x"', /^not a JSON object$/],
    ["{}", /^"id": missing, wanted/],
    ['{"id": "", "uri": "u", "last_activity_timestamp": 1}', /^"id": "", wanted/],
    ['{"id": "a", "uri": 7, "last_activity_timestamp": 1}', /^"uri": 7, wanted/],
    ['{"id": "a", "uri": "u"}', /^"last_activity_timestamp": missing, wanted/],
    ['{"id": "a", "uri": "u", "last_activity_timestamp": "1"}', /timestamp": "1", wanted/],
    ['{"id": "a", "uri": "u", "last_activity_timestamp": true}', /timestamp": true, wanted/],
    ['{"id": "a", "uri": "u", "last_activity_timestamp": NaN}', /^not JSON$/],
    ['{"id": "a", "uri": "u", "last_activity_timestamp": 1e999}', /timestamp": null, wanted/],
    ['{"__proto__": {"id": "a"}, "uri": "u"}', /^"id": missing/],
    [`{"id": ${"[".repeat(9_000)}${"]".repeat(9_000)}}`, /^JSON that nests too deeply$/],
    [`{"extra": ${"[".repeat(9_000)}${"]".repeat(9_000)}}`, /^JSON that nests too deeply$/],
  ];
  for (const [text, reason] of cases) assert.match(reasonOf(parsePublisherRecord(text)), reason);
});

Deno.test("parsePublisherRecord explains the problem, when a row has `uuid` instead of `id`", () => {
  const text = '{"uuid": "a", "uri": "tcp://1.2.3.4:8866", "last_activity_timestamp": 1.0}';
  assert.match(reasonOf(parsePublisherRecord(text)), /^"id": missing/);
});

Deno.test("formatPublisherRecord formats a record as Python does", () => {
  const record = { id: "a", uri: "tcp://1.2.3.4:8866", lastActivityTimestamp: 1462548000.123456 };
  assert.equal(
    formatPublisherRecord(record),
    '{"id": "a", "uri": "tcp://1.2.3.4:8866", "last_activity_timestamp": 1462548000.123456}',
  );
  assert.match(formatPublisherRecord({ ...record, lastActivityTimestamp: 1 }), /timestamp": 1\.0}/);
  assert.match(
    formatPublisherRecord({ ...record, name: 'é "\u{1f600}\n\u007f' }),
    /"name": "\\u00e9 \\"\\ud83d\\ude00\\n\\u007f"}$/,
  );
});

Deno.test("formatPublisherRecord keeps the name and unknown fields", () => {
  const text = '{"id": "a", "uri": "u", "last_activity_timestamp": 5.5, "name": "n", ' +
    '"version": 3, "tags": ["x", {"y": null}], "__proto__": {"z": false}}';
  const record = recordOf(parsePublisherRecord(text));
  assert.equal(record.name, "n");
  assert.equal(formatPublisherRecord(record), text);
});

Deno.test("formatPublisherRecord keeps integers beyond 2^53 unchanged", () => {
  const text =
    '{"id": "a", "uri": "u", "last_activity_timestamp": 5.5, "serial": 9007199254740993}';
  assert.equal(formatPublisherRecord(recordOf(parsePublisherRecord(text))), text);
});

Deno.test("formatPublisherRecord keeps a name among the unknown fields, when it is not a text", () => {
  const text = '{"id": "a", "uri": "u", "last_activity_timestamp": 5.5, "name": null}';
  const record = recordOf(parsePublisherRecord(text));
  assert.equal(record.name, undefined);
  assert.equal(formatPublisherRecord(record), text);
});

Deno.test("isStale is false for an age of exactly the timeout, and for a time in the future", () => {
  const record = { id: "a", uri: "u", lastActivityTimestamp: 1_000 };
  const timeoutMs = 300_000;
  assert.equal(isStale(record, { nowMs: 1_300_000, timeoutMs }), false);
  assert.equal(isStale(record, { nowMs: 1_300_001, timeoutMs }), true);
  assert.equal(isStale(record, { nowMs: 0, timeoutMs }), false);
});
