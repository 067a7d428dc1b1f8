import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

const MAX_BYTES = 4_096;
const SETTINGS = { "df.pub_sub_max_event_bytes": MAX_BYTES, "df.http_address": "" };

/** Topics under which no subscriber would receive events. */
const TOPICS = ["x".repeat(256), "é".repeat(128)];

Deno.test("publish refuses an event that no service would accept, even without a service", async () => {
  await using deployment = await Deployment.create(SETTINGS);
  for (const topic of TOPICS) {
    const { code, stderr } = await deployment.runHere([
      "publish",
      "--action",
      "log",
      "--topic",
      topic,
    ]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^df-pubsub: Event "topic": .*, wanted /m);
  }
  const large = ["--table", "t", "--key", "k", "--value", "x".repeat(MAX_BYTES)];
  const { code, stderr } = await deployment.runHere(["publish", "--action", "set", ...large]);
  assert.deepEqual([code, /Payload "size": \d+ \w+, wanted at most 4096/.test(stderr)], [2, true]);
});

Deno.test("subscribe refuses a topic that cannot carry events", async () => {
  await using deployment = await Deployment.create(SETTINGS);
  for (const topic of ["", "x".repeat(256)]) {
    const { code, stderr } = await deployment.runHere(["subscribe", "--topic", topic]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^df-pubsub: --topic ".*": wanted /m);
  }
});

Deno.test("publish --stdin refuses exactly the lines that the service would refuse", async () => {
  await using deployment = await Deployment.create(SETTINGS);
  const event = (fields: object) =>
    JSON.stringify({ table: "t", key: "k", action: "set", value: "1", ...fields });
  const refused = [...TOPICS, "\ud800"].map((topic) => event({ topic }));
  // Each size near the limit occurs once: the event's own fields take less than 100 bytes.
  const sizes = Array.from({ length: 100 }, (_, n) => event({ value: "v".repeat(MAX_BYTES - n) }));
  await using service = await deployment.serve();
  const lines = [...refused, ...sizes, event({ key: "\ud800" }), event({ topic: "last\n" })];
  const { code, stdout, stderr } = await deployment.runHere(
    ["publish", "--stdin"],
    lines.join("\n"),
  );
  assert.equal(code, 1, stderr);
  const refusedLines = [...stderr.matchAll(/^Line (\d+) of standard input: /gm)];
  const numbers = refusedLines.map(([, number]) => Number(number));
  assert.deepEqual(numbers.slice(0, refused.length), refused.map((_, index) => index + 1));
  assert.equal(numbers.at(-1), lines.length - 1);
  const published = lines.length - numbers.length;
  assert.match(
    stdout + stderr,
    new RegExp(`published ${published} events, refused ${numbers.length}`),
  );
  assert(published > 1 && numbers.length > refused.length + 1, `${published} were published`);
  const { stderr: said } = await service.program.stop();
  assert.match(said, new RegExp(`stopped: ${published} events relayed, 0 refused`));
});
