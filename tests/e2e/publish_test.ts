import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { endAfterTests } from "../support/end_after_tests.ts";
import { eventLine, eventLines, printedEvents } from "../support/events.ts";

const EVENT = ["publish", "--table", "lport", "--key", "p1", "--action", "set"];
/** The lines exceed what a pipe and a reader hold. The events are fewer than may be in flight. */
const UNANSWERED = 1_000;

/** The service for the tests that leave nothing behind in it. */
const servers = new AsyncDisposableStack();
const deployment = servers.use(await Deployment.create());
servers.use(await deployment.serve());
/** Another one, which refuses larger events than its local publishers do. */
const strict = servers.use(await Deployment.create());
servers.use(await strict.serve({ "df.pub_sub_max_event_bytes": 1024 }));

Deno.test("publish passes text, an empty value and any JSON value to subscribe unchanged", async () => {
  await using subscriber = await deployment.subscribeHere(["--count", "5", "--timeout", "20"]);
  const file = deployment.path("row.json");
  await Deno.writeTextFile(file, '{"name": "größe"}\n');
  const object = { x: [1, null, true, "é"], __proto__x: { deep: -1.5 } };
  const line = { table: "t", key: "k", action: "update", value: object };
  const runs = [
    await deployment.runHere([...EVENT, "--value", '{"a": 1}']),
    await deployment.runHere(["publish", "--table", "lport", "--key", "p1", "--action", "delete"]),
    await deployment.run(["publish", "--stdin"], JSON.stringify(line)),
    await deployment.runHere([...EVENT, "--value-file", file]),
    await deployment.run([...EVENT, "--value-file", "-"], "from\nstdin"),
  ];
  for (const { code, stdout, stderr } of runs) {
    assert.deepEqual([code, stdout, stderr], [0, "", "published 1 event, refused 0\n"]);
  }
  const { code, stdout } = await subscriber.result();
  assert.equal(code, 0);
  const row = { topic: "D", table: "lport", key: "p1", action: "set" };
  assert.deepEqual(printedEvents(stdout.trim().split("\n")), [
    { ...row, value: '{"a": 1}' },
    { ...row, action: "delete", value: null },
    { topic: "D", ...line },
    { ...row, value: '{"name": "größe"}\n' },
    { ...row, value: "from\nstdin" },
  ]);
});

Deno.test("publish --count sends that many events, and --rate limits the events per second", async () => {
  await using subscriber = await deployment.subscribeHere(["--count", "11", "--timeout", "20"]);
  const start = performance.now();
  const { code } = await deployment.runHere([...EVENT, "--count", "11", "--rate", "20"]);
  const tookMs = performance.now() - start;
  assert.equal(code, 0);
  assert(tookMs >= 450, `10 intervals of 50 ms took ${tookMs} ms`);
  assert.equal((await subscriber.result()).code, 0);
});

Deno.test("publish --rate does not wait after its only event", async () => {
  await using publisher = deployment.start([...EVENT, "--rate", "0.01"]);
  assert.equal((await publisher.result(10_000)).code, 0);
});

Deno.test("publish --stdin reports each invalid line by number, sends the others and exits 1", async () => {
  await using subscriber = await deployment.subscribeHere(["--count", "3", "--timeout", "20"]);
  const large = JSON.stringify({ action: "log", value: "x".repeat(2 ** 20) });
  const lines = [
    eventLine("a"),
    "bad\n",
    eventLine("b"),
    `${large}\n`,
    '{"action":""}\n',
    eventLine("c"),
  ];
  const { code, stderr } = await deployment.run(["publish", "--stdin"], lines.join(""));
  assert.equal(code, 1);
  assert.match(stderr, /^Line 2 of standard input: .*not valid JSON$/m);
  assert.match(stderr, /^Line 4 of standard input: .*wanted at most 1048576$/m);
  assert.match(stderr, /^Line 5 of standard input: .*"action"/m);
  assert.match(stderr, /^published 3 events, refused 3$/m);
  const { stdout } = await subscriber.result();
  const keys = printedEvents(stdout.trim().split("\n")).map(({ key }) => key);
  assert.deepEqual(keys, ["a", "b", "c"]);
});

Deno.test("publish --stdin ends on SIGINT with its counts, while its input is idle", async () => {
  await using subscriber = await deployment.subscribeHere(["--count", "1", "--timeout", "20"]);
  await using publisher = deployment.start(["publish", "--stdin"]);
  await publisher.write(eventLine("a") + '{"half":');
  await subscriber.result();
  const { code, stderr } = await publisher.stop("SIGINT");
  assert.equal(code, 0);
  assert.equal(stderr, "published 1 event, refused 0\n");
});

Deno.test("publish ends on SIGINT in the middle of a flood", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere(["--count", "1", "--timeout", "20"]);
  await using publisher = deployment.start([...EVENT, "--count", "100000000"]);
  await subscriber.result();
  const { code, stderr } = await publisher.stop("SIGINT");
  assert.match(stderr, /^published \d+ events?, refused 0$/m);
  assert.match(stderr, /^interrupted after \d+ of 100000000 events$/m);
  assert.equal(code, 1, stderr);
});

Deno.test("subscribe --json piped into publish --stdin creates the same events in another deployment", async () => {
  await using source = await deployment.subscribe(["--json", "--topic", "tenant", "--count", "4"]);
  await using sink = await strict.subscribeHere([
    "--topic",
    "tenant",
    "--count",
    "4",
    "--timeout",
    "20",
  ]);
  const events = [
    { topic: "tenant", table: "lport", key: "k", action: "create", value: { a: [1, "ü"] } },
    { topic: "D", table: null, key: null, action: "sync", value: null },
    { topic: "D", table: "t", key: "k", action: "explode", value: "v", unknownAction: true },
  ];
  const large =
    '{"table":"t","key":"k","action":"set","value":{"id":1152921504606846977,"x":1e300}}';
  const lines = [...events.map((event) => JSON.stringify(event)), large].join("\n");
  await deployment.publish(lines);
  const { stdout } = await source.result();
  assert.equal((await strict.run(["publish", "--stdin"], stdout)).code, 0);
  const result = await sink.result();
  const printed = result.stdout.trim().split("\n");
  assert.deepEqual(printedEvents(printed).slice(0, 3), events);
  assert.match(printed[3] ?? "", /"value":\{"id":1152921504606846977,"x":1e\+300\}/);
});

Deno.test("publish --confirm exits 0 with the latency, when the events returned", async () => {
  const one = await deployment.runHere([...EVENT, "--topic", "tenant", "--confirm"]);
  assert.equal(one.code, 0, one.stderr);
  const report = JSON.parse(one.stdout);
  assert.deepEqual({ ...report, latencyMs: 0 }, {
    published: 1,
    refused: 0,
    flushed: true,
    acknowledged: true,
    accepted: 1,
    refusedByService: 0,
    uncertain: 0,
    confirmed: 1,
    latencyMs: 0,
  });
  assert(report.latencyMs.median > 0 && report.latencyMs.median < 5_000);
  const many = await deployment.runHere([...EVENT, "--count", "20000", "--confirm"]);
  assert.equal(many.code, 0, many.stderr);
  assert.equal(JSON.parse(many.stdout).confirmed, 20_000);
});

Deno.test("publish --confirm exits 5 when the service refuses the event", async () => {
  const large = [...EVENT, "--value", "x".repeat(2_000)];
  const flags = ["--confirm", "--timeout", "20"];
  const { code, stdout, stderr } = await strict.run([...large, ...flags]);
  assert.equal(code, 5, stderr);
  const { published, confirmed, latencyMs } = JSON.parse(stdout);
  assert.deepEqual({ published, confirmed, latencyMs }, {
    published: 1,
    confirmed: 0,
    latencyMs: null,
  });
  assert.match(stderr, /^df-pubsub: The publisher service at .* refused an event on topic "D"$/m);
  assert.match(stderr, /^the service accepted 0 and refused 1; 0 are uncertain$/m);
});

Deno.test("publish --confirm continues after a refused line, and waits for no refused event", async () => {
  const large = JSON.stringify({ table: "t", key: "k", action: "set", value: "x".repeat(2_000) });
  const { code, stdout } = await strict.runHere(
    ["publish", "--stdin", "--confirm", "--timeout", "20"],
    `${large}\n${eventLines(1_500)}`,
    { "df.pub_sub_max_event_bytes": 1024 },
  );
  const { published, refused, confirmed } = JSON.parse(stdout);
  assert.deepEqual({ code, published, refused, confirmed }, {
    code: 1,
    published: 1_500,
    refused: 1,
    confirmed: 1_500,
  });
});

Deno.test("publish --confirm ends its wait before --timeout, when SIGINT arrives", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere();
  const flags = ["--stdin", "--confirm", "--timeout", "600", "--set", "df.pub_sub_send_timeout=1"];
  await using publisher = deployment.start(["publish", ...flags]);
  await publisher.write(eventLine("first"));
  await subscriber.stdout.waitForLines(1);
  service.program.kill("SIGSTOP");
  await publisher.write(eventLines(UNANSWERED, "q".repeat(200)));
  const { code, stderr } = await publisher.stop("SIGINT");
  service.program.kill("SIGCONT");
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^the service accepted [01] and refused 0; [1-9]\d* are uncertain$/m);
});

Deno.test("publish exits 3 when there is no service, with and without --confirm", async () => {
  await using deployment = await Deployment.create();
  const short = ["--timeout", "0.3"];
  const plain = await deployment.run([...EVENT, ...short]);
  assert.equal(plain.code, 3);
  assert.match(plain.stderr, /No publisher service listens at "ipc:.*": waited 0.3 s/);
  const confirmed = await deployment.runHere([...EVENT, "--confirm", ...short]);
  assert.equal(confirmed.code, 3, confirmed.stderr);
  const many = await deployment.runHere(["publish", "--stdin", ...short], eventLines(3));
  assert.equal(many.code, 3);
  assert.match(many.stderr, /waited 0.3 s[^]*\npublished 0 events, refused 0\n$/);
});

Deno.test("publish names the missing flag, when a row event lacks --table or --key", async () => {
  const { code, stderr } = await deployment.runHere(["publish", "--action", "create"]);
  assert.equal(code, 2);
  assert.match(stderr, /^df-pubsub: --table is required for --action create$/m);
});

Deno.test("publish refuses an event with its size and the limit, when it is too large", async () => {
  const { code, stderr } = await deployment.runHere(
    [...EVENT, "--value-file", "-"],
    "x".repeat(2 ** 20),
  );
  assert.equal(code, 2);
  assert.match(stderr, /df-pubsub: Payload "size": 10\d{5} bytes, wanted at most 1048576/);
});

Deno.test("publish exits 2, when a value cannot be read or is not UTF-8", async () => {
  const none = await deployment.runHere([...EVENT, "--value-file", deployment.path("none")]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /Cannot read --value-file ".*none"/);
  const file = deployment.path("latin1");
  await Deno.writeFile(file, new Uint8Array([0x67, 0xfc]));
  const latin = await deployment.runHere([...EVENT, "--value-file", file]);
  assert.equal(latin.code, 2, latin.stderr);
});

endAfterTests(servers);
