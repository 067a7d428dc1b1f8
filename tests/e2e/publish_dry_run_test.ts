import assert from "node:assert/strict";
import { decodeUpdate } from "../../service/event/codec/decode.ts";
import { Deployment } from "../support/deployment.ts";
import { printedEvents } from "../support/events.ts";
import { run } from "../support/program.ts";

const SET = ["publish", "--table", "lport", "--key", "p1", "--action", "set"];

Deno.test("publish --dry-run prints the event and its bytes in both wire formats, and opens nothing", async () => {
  const { code, stdout, stderr } = await run([...SET, "--value", '{"a": 1}', "--dry-run"]);
  assert.deepEqual([code, stderr], [0, "dry run: would publish 1 event, refused 0\n"]);
  const { event, map, json } = JSON.parse(stdout);
  assert.deepEqual(event, {
    ...{ topic: "D", table: "lport", key: "p1", action: "set", value: '{"a": 1}' },
  });
  for (const { bytes, hex } of [map, json]) {
    const payload = Uint8Array.from(hex.match(/../g), (byte) => parseInt(String(byte), 16));
    assert.equal(payload.length, bytes);
    const { topic, table, key, action, value } = decodeUpdate(payload, "D");
    assert.deepEqual({ topic, table, key, action, value }, event);
  }
  // The first bytes tell the formats apart: a map of five, a string of two length bytes.
  assert.deepEqual([map.hex.slice(0, 2), json.hex.slice(0, 2)], ["85", "da"]);
});

Deno.test("publish --stdin --dry-run names each line that is not an event, and the nearest of an unknown name", async () => {
  const lines = [
    '{"action": "sync", "topic": "t", "topics": 1}',
    "bad",
    '{"acton": "sync"}',
    '{"action": ""}',
    '{"action": "log", "value": "v-{{n}}"}',
  ];
  const args = ["publish", "--stdin", "--dry-run", "--template"];
  const { code, stdout, stderr } = await run(args, { stdin: lines.join("\n") });
  assert.equal(code, 1);
  const events = stdout.trim().split("\n").map((line) => JSON.parse(line).event);
  assert.deepEqual(events.map(({ action, value }) => [action, value]), [
    ["sync", null],
    ["log", "v-3"],
  ]);
  assert.match(stderr, /^Line 1 .*"topics" is ignored.*did you mean "topic"\?$/m);
  assert.match(stderr, /^Line 2 .*not valid JSON$/m);
  assert.match(stderr, /^Line 3 .*unknown name "acton"; did you mean "action"\?$/m);
  assert.match(stderr, /^Line 4 .*"action"/m);
  assert.match(stderr, /^dry run: would publish 2 events, refused 3$/m);
});

Deno.test("publish refuses an invalid placeholder before it connects, and --dry-run with flags that wait", async () => {
  const template = await run([...SET, "--value", "{{uid}}", "--template"]);
  assert.equal(template.code, 2);
  assert.match(template.stderr, /--template: .*did you mean "uuid"/);
  const clash = await run([...SET, "--dry-run", "--confirm"]);
  assert.equal(clash.code, 2);
  assert.match(clash.stderr, /--dry-run.*cannot be used with.*--confirm/);
});

Deno.test("publish replaces placeholders with --template only", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere(["--count", "4", "--timeout", "20"]);
  const flags = [...SET, "--value", "v{{n}}"];
  assert.equal((await deployment.runHere([...flags, "--template", "--count", "3"])).code, 0);
  assert.equal((await deployment.runHere(flags)).code, 0);
  const events = printedEvents((await subscriber.result()).stdout.trim().split("\n"));
  assert.deepEqual(events.map(({ value }) => value), ["v1", "v2", "v3", "v{{n}}"]);
});
