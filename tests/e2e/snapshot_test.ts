import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

interface SnapshotLine {
  readonly action: string;
  readonly table?: string | null;
  readonly key?: string | null;
  readonly value?: unknown;
  readonly positions?: readonly unknown[];
}

function linesOf(stdout: string): SnapshotLine[] {
  return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

function shown({ action, key, value, positions }: SnapshotLine): string {
  return positions !== undefined ? action : `${action} ${key} ${value}`;
}

const publish = (action: string, key: string, value?: string) => [
  ...["publish", "--table", "lport", "--key", key, "--action", action],
  ...(value === undefined ? [] : ["--value", value]),
];

Deno.test("subscribe --snapshot prints the rows, a mark, and then changes to them", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using db = await deployment.openDb();
  await db.create("lport", "a", "a1");
  await db.create("lport", "b", "b1", { topic: "t" });
  await db.create("lswitch", "s", "s1");
  await using subscriber = await deployment.subscribeHere([
    ...["--snapshot", "--table", "lport", "--count", "3", "--timeout", "20"],
  ]);
  await subscriber.stdout.waitFor(/"synced"/);
  await db.create("lport", "c", "c1");
  await db.set("lport", "a", "a2");
  assert.equal((await deployment.runHere(publish("synced", "x", "forged"))).code, 0);
  assert.equal((await deployment.runHere(publish("create", "c", "c1"))).code, 0);
  assert.equal((await deployment.runHere(publish("set", "b", "stale"))).code, 0);
  assert.equal((await deployment.runHere(publish("set", "a", "stale"))).code, 0);
  const { code, stdout } = await subscriber.result();
  const lines = linesOf(stdout);
  assert.deepEqual(lines.map(shown), [
    "initial a a1",
    "initial b b1",
    "synced",
    "synced x forged",
    "create c c1",
    "set a a2",
  ]);
  assert(Array.isArray(lines[2]?.positions));
  assert.equal(stdout.split("unknownAction").length, 2);
  assert.equal(code, 0);
});

Deno.test("subscribe --snapshot prints the changes, when its publisher is replaced", async () => {
  await using deployment = await Deployment.create();
  await using db = await deployment.openDb();
  await db.create("lport", "p1", "1");
  await db.create("lport", "other", "1");
  await using first = await deployment.serve();
  await using subscriber = await deployment.subscribeHere([
    ...[
      "--snapshot",
      "--table",
      "lport",
      "--key",
      "p*",
      "--action",
      "delete",
      "--action",
      "create",
    ],
    ...["--count", "2", "--timeout", "25"],
  ]);
  await subscriber.stdout.waitFor(/"synced"/);
  await first.program.stop();
  await db.delete("lport", "p1");
  await db.create("lport", "p2", "1");
  await db.set("lport", "other", "2");
  await using _second = await deployment.serve({ "df.publisher_port": first.port });
  const { code, stdout } = await subscriber.result();
  assert.deepEqual(linesOf(stdout).map(shown), [
    "initial p1 1",
    "synced",
    "create p2 1",
    "delete p1 null",
  ]);
  assert.equal(code, 0);
});

Deno.test("subscribe --snapshot explains its usage, when called without a table or with --since", async () => {
  await using deployment = await Deployment.create();
  const without = await deployment.runHere(["subscribe", "--snapshot"]);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /--snapshot requires at least one --table/);
  const flags = ["--snapshot", "--table", "lport", "--since", "start"];
  const since = await deployment.runHere(["subscribe", ...flags]);
  assert.equal(since.code, 2);
  assert.match(since.stderr, /--snapshot and --since cannot be used together/);
});
