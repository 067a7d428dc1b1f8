import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Deployment, freePort } from "../support/deployment.ts";
import { endAfterTests } from "../support/end_after_tests.ts";
import { OutputText } from "../support/output_text.ts";
import { programCommand } from "../support/program.ts";
import { eventLine, printedEvents } from "../support/events.ts";

const NONBLOCKING = fileURLToPath(new URL("../support/nonblocking_stdout.py", import.meta.url));

function keysOf(stdout: string): (string | null)[] {
  return printedEvents(stdout.split("\n").filter((line) => line !== "")).map(({ key }) => key);
}

/** The service for the tests that leave nothing behind in it. */
const servers = new AsyncDisposableStack();
const deployment = servers.use(await Deployment.create());
const service = servers.use(await deployment.serve());

Deno.test("subscribe prints the events of exactly its topics, without prefix matches, with UTF-8", async () => {
  const topics = ["--topic", "abc", "--topic", "größe-東"];
  await using subscriber = await deployment.subscribe([...topics, "--count", "4"]);
  await using broadcastOnly = await deployment.subscribeHere(["--count", "2"]);
  const sent = ["D", "abc", "abcd", "ab", "größe-東", "größe", "Dx", "other"];
  const lines = sent.map((topic) => JSON.stringify({ action: "log", key: topic, topic }));
  const end = JSON.stringify({ action: "log", key: "end" });
  await deployment.publish([...lines, end].join("\n"));
  assert.deepEqual(keysOf((await subscriber.result()).stdout), ["D", "abc", "größe-東", "end"]);
  assert.deepEqual(keysOf((await broadcastOnly.result()).stdout), ["D", "end"]);
});

Deno.test("subscribe prints only the events that its filters match", async () => {
  await using subscriber = await deployment.subscribeHere([
    ...["--table", "lport", "--table", "chassis", "--key", "p?-*"],
    ...["--action", "create", "--action", "delete", "--count", "2", "--timeout", "20"],
  ]);
  const events = [
    { table: "lport", key: "p1-a", action: "create" },
    { table: "lport", key: "p1", action: "create" },
    { table: "lport", key: "p1-a", action: "set" },
    { table: "lswitch", key: "p1-a", action: "create" },
    { table: null, key: null, action: "sync" },
    { table: "chassis", key: "p2-", action: "delete" },
  ];
  const lines = events.map((event) => JSON.stringify(event)).join("\n");
  await deployment.publish(lines);
  const { code, stdout } = await subscriber.result();
  assert.equal(code, 0);
  assert.deepEqual(keysOf(stdout), ["p1-a", "p2-"]);
});

Deno.test("subscribe with a count exits 5, when the timeout passes first", async () => {
  await using subscriber = await deployment.subscribeHere(["--count", "2", "--timeout", "0.6"]);
  await using idle = await deployment.subscribeHere(["--count", "2", "--idle-timeout", "0.6"]);
  await deployment.publish(eventLine("a"));
  const late = await subscriber.result();
  assert.equal(late.code, 5);
  assert.match(late.stderr, /^stopped after 0\.6 s: \d events?, wanted 2$/m);
  const quiet = await idle.result();
  assert.equal(quiet.code, 5);
  assert.match(quiet.stderr, /^no event arrived for 0\.6 s: \d events?, wanted 2$/m);
});

Deno.test("subscribe without a count exits 0, when the timeout passes", async () => {
  for (const flag of ["--timeout", "--idle-timeout"]) {
    await using subscriber = await deployment.subscribeHere([flag, "0.6"]);
    const { code, stdout } = await subscriber.result();
    assert.deepEqual([code, stdout], [0, ""], flag);
  }
});

Deno.test("subscribe exits 3 with the reason, when no publisher was live before the timeout", async () => {
  await using deployment = await Deployment.create();
  const uri = `tcp://127.0.0.1:${freePort()}`;
  for (
    const flags of [["--timeout", "0.1"], ["--idle-timeout", "0.1"], [
      "--count",
      "1",
      "--timeout",
      "0.1",
    ]]
  ) {
    const { code, stderr } = await deployment.runHere([
      "subscribe",
      "--quiet",
      "--uri",
      uri,
      ...flags,
    ]);
    assert.equal(code, 3, flags.join(" "));
    assert.match(stderr, new RegExp(`0\\.1 s.*: no publisher was live: tried ${uri}`, "m"));
  }
  for (const command of [["subscribe"], ["record", deployment.path("none.jsonl")]]) {
    const { stderr: refused } = await deployment.run([...command, "--uri", uri, "--timeout", "2"]);
    const tried = new RegExp(`no publisher was live: tried ${uri} \\(connection refused\\)$`, "m");
    assert.match(refused, tried);
  }
  const { code, stderr } = await deployment.run(["subscribe", "--timeout", "0.1"]);
  assert.equal(code, 3);
  assert.match(
    stderr,
    /^stopped after 0\.1 s: no publisher was (?:live: tried tcp|known: see df-pubsub publ)/m,
  );
});

Deno.test("subscribe exits 0 on SIGINT without a count and 1 with one", async () => {
  await using open = await deployment.subscribe();
  assert.equal((await open.stop("SIGINT")).code, 0);
  await using counting = await deployment.subscribe(["--count", "1"]);
  assert.equal((await counting.stop("SIGTERM")).code, 1);
});

Deno.test("subscribe ends without an error, when the reader of its output has gone", async () => {
  await using subscriber = await deployment.subscribe(["--timeout", "20"]);
  const publish = () => deployment.runHere(["publish", "--stdin", "-q"], eventLine("a"));
  await publish();
  await subscriber.stdout.waitForLines(1);
  await subscriber.stdout.stopReading();
  await publish();
  const { code, stderr } = await subscriber.result();
  assert.equal(code, 0);
  assert.match(stderr, /^listening on \S+\n$/);
});

Deno.test("subscribe waits for room, when its output is a full non-blocking pipe", async () => {
  const args = ["subscribe", "--count", "3000", "--timeout", "20", ...deployment.flags()];
  const child = new Deno.Command("/usr/bin/python3", {
    args: [NONBLOCKING, ...programCommand(args)],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new OutputText("stderr of subscribe", child.stderr);
  const stdout = new OutputText("stdout of python3", child.stdout);
  await stderr.waitFor(/^listening on /m);
  const event = ["publish", "--table", "t", "--key", "k", "--action", "set"];
  await deployment.runHere([...event, "--value", "x".repeat(500), "--count", "3000"]);
  await Promise.all([child.status, stdout.ended, stderr.ended]);
  assert.equal(stdout.text, "3000 0\n", stderr.text);
});

Deno.test("subscribe --uri receives from that publisher only, without a database", async () => {
  await using there = await Deployment.create();
  await using _other = await there.serve();
  await using subscriber = await there.subscribeHere(["--uri", service.uri, "--count", "1"]);
  await there.publish(eventLine("elsewhere"));
  await deployment.publish(eventLine("here"));
  assert.deepEqual(keysOf((await subscriber.result()).stdout), ["here"]);
  assert.match(subscriber.stderr.text, new RegExp(`^listening on ${service.uri}$`, "m"));
});

Deno.test("subscribe exits 2, when an address or a topic is invalid", async () => {
  await using deployment = await Deployment.create();
  for (
    const [flag, value] of [["--uri", "nonsense"], ["--topic", ""], ["--topic", "x".repeat(256)]]
  ) {
    const { code, stderr } = await deployment.runHere([
      "subscribe",
      `${flag}`,
      `${value}`,
      "--timeout",
      "9",
    ]);
    assert.equal(code, 2, stderr);
    assert(stderr.includes(`"${value}"`), stderr);
  }
});

Deno.test("subscribe --resolve reads the missing value of an event", async () => {
  await using subscriber = await deployment.subscribeHere(["--resolve", "--count", "4"]);
  await using db = await deployment.openDb();
  await db.create("lport", "p1", "the row");
  const lines = [
    { table: "lport", key: "p1", action: "set" },
    { table: "lport", key: "p1", action: "set", value: "its own" },
    { table: "lport", key: "p1", action: "delete" },
    { table: "lport", key: "gone", action: "set" },
  ].map((event) => JSON.stringify(event)).join("\n");
  await deployment.publish(lines);
  const { stdout } = await subscriber.result();
  const values = printedEvents(stdout.trim().split("\n")).map(({ value }) => value);
  assert.deepEqual(values, ["the row", "its own", null, null]);
});

Deno.test("subscribe --resolve reports once that rows cannot be read, and prints the events", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere(["--resolve", "--count", "50"]);
  await Deno.rename(deployment.databasePath, deployment.path("aside"));
  await Deno.mkdir(deployment.databasePath);
  const lines = Array.from({ length: 50 }, (_, i) => {
    return JSON.stringify({ table: "lport", key: `p${i}`, action: "set" });
  });
  await deployment.publish(lines.join("\n"));
  const { code, stdout, stderr } = await subscriber.result();
  assert.equal(code, 0, stderr);
  assert.equal(printedEvents(stdout.trim().split("\n")).length, 50);
  assert.equal(stderr.match(/Reading the rows of events: /g)?.length, 1, stderr);
});

Deno.test("subscribe follows publishers that appear and leave while it runs", async () => {
  await using deployment = await Deployment.create({ "df.monitor_table_poll_time": 0.1 });
  await using first = await deployment.serve({ "df.publisher_id_name": "first" });
  await using subscriber = await deployment.subscribeHere(["--verbose"]);
  const secondSocket = { "df.publisher_multiproc_socket": deployment.path("second") };
  await using second = await deployment.serve({
    "df.publisher_id_name": "second",
    ...secondSocket,
  });
  await subscriber.stderr.waitFor(new RegExp(`^listening on ${second.uri}$`, "m"));
  const isLport = (line: string) => line.includes('"lport"');
  await deployment.publish(eventLine("one"));
  await deployment.publish(eventLine("two"), secondSocket);
  await subscriber.stdout.waitFor(/"two"/);
  await subscriber.stdout.waitFor(/"one"/);
  assert.equal((await second.program.stop()).code, 0);
  await subscriber.stderr.waitFor(new RegExp(`Stopped following publisher ${second.uri}$`, "m"));
  await deployment.publish(eventLine("three"));
  await subscriber.stdout.waitFor(/"three"/);
  assert.deepEqual(keysOf(subscriber.stdout.lines.filter(isLport).join("\n")).length, 3);
  assert.equal((await first.program.stop()).code, 0);
});

endAfterTests(servers);
