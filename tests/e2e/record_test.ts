import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { jsonLines } from "../support/lines.ts";

interface Line {
  readonly table: string;
  readonly key: string;
  readonly action: string;
  readonly value: string | null;
}

/** Creates, changes and deletes of 40 rows. */
function changes(count: number): Line[] {
  return Array.from({ length: count }, (_, index) => {
    const action = index % 7 === 6 ? "delete" : index < 40 ? "create" : "set";
    const value = action === "delete" ? null : `{"n":${index},"name":"größe"}`;
    return { table: "lport", key: `port-${index % 40}`, action, value };
  });
}

function linesOf(events: readonly unknown[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

/** The rows after these events. */
function rowsAfter(events: readonly Line[]): Map<string, string | null> {
  const rows = new Map<string, string | null>();
  for (const { table, key, action, value } of events) {
    if (action === "delete") rows.delete(`${table} ${key}`);
    else if (table !== null) rows.set(`${table} ${key}`, value);
  }
  return rows;
}

function eventsIn(text: string): Line[] {
  return jsonLines<Line>(text).map(({ table, key, action, value }) => {
    return { table, key, action, value };
  });
}

Deno.test("record is killed, and replay gives an empty fleet the same rows, also of a compressed file", async () => {
  await using one = await Deployment.create();
  await using _recorded = await one.serve();
  await using other = await Deployment.create();
  await using _replayed = await other.serve();
  for (const name of ["events.jsonl", "events.jsonl.gz"]) {
    const sent = changes(300);
    const file = one.path(name);
    await using recorder = one.start(["record", file]);
    await recorder.stderr.waitFor(/listening on /);
    await one.publish(linesOf(sent));
    await eventually(() => one.runHere(["replay", file, "--dry-run"]), ({ stdout }) => {
      return jsonLines<{ events: number }>(stdout)[0]?.events === sent.length;
    });
    recorder.kill("SIGKILL");
    await recorder.result();
    await using node = await other.subscribeHere(["--json", "--count", String(sent.length)]);
    const replayed = await other.run(["replay", file, "--speed", "max", "--yes"]);
    assert.deepEqual([replayed.code, replayed.stderr], [0, "published 300 events, refused 0\n"]);
    const received = eventsIn((await node.result()).stdout);
    assert.deepEqual(received, sent);
    assert.deepEqual(rowsAfter(received), rowsAfter(sent));
  }
});

Deno.test("record never overwrites a file, and goes on behind an incomplete line", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const file = deployment.path("events.jsonl");
  const [first = {}, second = {}] = changes(2);
  await Deno.writeTextFile(file, `${linesOf([first])}{"topic":"D","tab`);
  const refused = await deployment.runHere(["record", file, "--count", "1"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /exists: use --append or --force/);
  await using recorder = deployment.start(["record", file, "--append", "--count", "1"]);
  await recorder.stderr.waitFor(/listening on /);
  await deployment.publish(linesOf([second]));
  const { code, stderr } = await recorder.result();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /cut 17 bytes of an incomplete line/);
  assert.deepEqual(eventsIn(await Deno.readTextFile(file)), [first, second]);
  const created = deployment.path("new.jsonl");
  await deployment.runHere(["record", created, "--timeout", "0.2"]);
  assert.equal(((await Deno.stat(created)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("replay keeps the spacing and its bounds, and asks before it publishes", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const file = deployment.path("events.jsonl");
  const start = Date.parse("2026-11-29T10:00:00Z");
  const lines = changes(5).map((event, index) => {
    return { ...event, sentAt: new Date(start + index * 1_000).toISOString() };
  });
  await Deno.writeTextFile(file, `${linesOf(lines)}{"topic":`);
  const refused = await deployment.runHere(["replay", file]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /add --yes to publish/);
  const bounds = ["--from", "1s", "--to", "2026-11-29T10:00:03Z"];
  const preview = await deployment.runHere(["replay", file, "--dry-run", ...bounds]);
  const [shown] = jsonLines<{ events: number; seconds: number }>(preview.stdout);
  assert.deepEqual([shown?.events, shown?.seconds], [3, 2]);
  await using node = await deployment.subscribeHere(["--json", "--count", "3"]);
  const args = ["replay", file, ...bounds, "--speed", "4", "--yes"];
  const began = performance.now();
  const replayed = await deployment.run(args);
  assert.equal(replayed.code, 0, replayed.stderr);
  assert(
    performance.now() - began >= 500,
    "three events, each a second after the other, at speed 4",
  );
  assert.match(replayed.stderr, /line 6 of .* is incomplete and is not published/);
  assert.deepEqual(eventsIn((await node.result()).stdout).map(({ key }) => key), [
    "port-1",
    "port-2",
    "port-3",
  ]);
});

Deno.test("replay names the line to continue with, when the service is gone", async () => {
  await using deployment = await Deployment.create();
  const file = deployment.path("events.jsonl");
  await Deno.writeTextFile(file, linesOf(changes(5)));
  const args = ["replay", file, "--speed", "max", "--yes", "--timeout", "0.3"];
  const failed = await deployment.runHere([...args, "--from-line", "3"]);
  assert.notEqual(failed.code, 0);
  assert.match(failed.stderr, /stopped at line 3 of ".*": continue with --from-line 3/);
});

Deno.test("record --from-recorder reads what a killed service has published, and why finds it after the restart", async () => {
  await using deployment = await Deployment.create();
  const directory = deployment.path("recorder");
  const settings = { "df.recorder_path": directory, "df.http_address": "127.0.0.1:0" };
  const sent = changes(100);
  {
    await using service = await deployment.serve(settings);
    await deployment.publish(linesOf(sent));
    const reader = [
      "record",
      deployment.path("live.jsonl"),
      "--from-recorder",
      directory,
      "--force",
    ];
    await eventually(async () => {
      await deployment.runHere(reader);
      return eventsIn(await Deno.readTextFile(deployment.path("live.jsonl")));
    }, (events) => events.filter(({ table }) => table === "lport").length === sent.length);
    service.program.kill("SIGKILL");
    await service.program.result();
  }
  const file = deployment.path("incident.jsonl");
  const recorded = await deployment.runHere(["record", file, "--from-recorder", directory]);
  assert.equal(recorded.code, 0, recorded.stderr);
  const events = eventsIn(await Deno.readTextFile(file));
  assert.deepEqual(events.filter(({ table }) => table === "lport"), sent);
  await using service = await deployment.serve(settings);
  await service.program.stderr.waitFor(/the last run was killed/);
  const early = await deployment.runHere(["why", "lport", "port-1"]);
  assert.deepEqual([early.code, early.stderr], [0, ""]);
  const [before] = jsonLines<WhyOutput>(early.stdout);
  assert.deepEqual(before?.nodes, []);
  const restarted = /^Publisher \w{8} has restarted since the last event: it is not known which /;
  assert.match(before.notes.join("\n"), restarted);
  await using node = await deployment.subscribeHere([], { "df_zmq.node_name": "node-1" });
  const last = { table: "lport", key: "port-1", action: "set", value: "last" };
  const published = await deployment.runHere(
    ["publish", "--stdin", "--wait-nodes", "all"],
    linesOf([last]),
  );
  assert.equal(published.code, 0, published.stderr);
  const why = await deployment.runHere(["why", "lport", "port-1"]);
  assert.equal(why.code, 0, why.stderr);
  const [report] = jsonLines<WhyOutput>(why.stdout);
  const ofRow = [...sent.filter(({ key }) => key === "port-1"), last];
  assert.deepEqual(
    report?.events.map(({ action, value }) => [action, value]),
    ofRow.map(({ action, value }) => [action, value]),
  );
  assert.equal(report.isThere, false);
  assert.match(report.losses.map(({ reason }) => reason).join(), /killed/);
  assert.deepEqual(report.nodes.map(({ node, state }) => [node, state]), [["node-1", "applied"]]);
  assert(node);
});

Deno.test("why merges the events of two publishers by time, with and without a recorder, shows the value, and says when processes publish past the service", async () => {
  await using deployment = await Deployment.create({ "df.http_address": "127.0.0.1:0" });
  const other = {
    "df.publisher_id_name": "other.example.com",
    "df.publisher_multiproc_socket": deployment.path("other-socket"),
    "df.recorder_path": deployment.path("recorder"),
  };
  await using _one = await deployment.serve();
  await using _two = await deployment.serve(other);
  {
    await using db = await deployment.openDb();
    await db.create("lport", "port-1", '{"n":3}');
  }
  const sent = [1, 2, 3].map((n) => {
    return { table: "lport", key: "port-1", action: "set", value: `{"n":${n}}` };
  });
  for (const [index, event] of sent.entries()) {
    const overrides = index === 1 ? other : {};
    await deployment.publish(linesOf([event]), overrides);
  }
  const { code, stdout, stderr } = await deployment.run(["why", "lport", "port-1"]);
  assert.equal(code, 0, stderr);
  const [report] = jsonLines<WhyOutput>(stdout);
  assert.deepEqual(report?.events.map(({ value }) => value), ['{"n":1}', '{"n":2}', '{"n":3}']);
  assert.equal(new Set(report.events.map(({ publisher }) => publisher)).size, 2);
  assert.deepEqual(report.searched.map((each) => each.in.length).sort(), [1, 2]);
  assert.deepEqual([report.isThere, report.value, report.notes], [true, '{"n":3}', []]);
  const direct = { "df.pub_sub_use_multiproc": "false" };
  const unrecorded = await deployment.runHere(["why", "lport", "port-1"], "", direct);
  assert.match(unrecorded.stdout, /no service keeps their events/);
  const last = await deployment.runHere(["why", "lport", "port-1", "--count", "1"]);
  assert.deepEqual(jsonLines<WhyOutput>(last.stdout)[0]?.events.map(({ value }) => value), [
    '{"n":3}',
  ]);
});

interface WhyOutput {
  readonly value: string | null;
  readonly isThere: boolean;
  readonly events: readonly {
    readonly action: string;
    readonly value: string | null;
    readonly publisher: string;
  }[];
  readonly searched: readonly { readonly in: readonly string[] }[];
  readonly losses: readonly { readonly reason: string }[];
  readonly nodes: readonly { readonly node: string; readonly state: string }[];
  readonly notes: readonly string[];
}
