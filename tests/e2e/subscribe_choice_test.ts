import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { printedEvents } from "../support/events.ts";
import type { RunningCommand } from "../support/command_here.ts";

/** Publishes a `log` event under each topic, and a last one under D. */
async function publish(deployment: Deployment, topics: readonly string[]): Promise<void> {
  const lines = [...topics.map((topic) => ({ topic, key: topic })), { topic: "D", key: "end" }]
    .map((event) => JSON.stringify({ action: "log", ...event }));
  await deployment.publish(lines.join("\n"));
}

async function keysOf(subscriber: RunningCommand): Promise<(string | null)[]> {
  const { stdout } = await subscriber.result();
  return printedEvents(stdout.trim().split("\n")).map(({ key }) => key);
}

Deno.test("subscribe chooses topics: all, globs, and without the broadcast topic", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using all = await deployment.subscribe(["--all-topics", "-n", "5"]);
  await using globs = await deployment.subscribeHere(["-t", "net-*", "-t", "größe", "-n", "4"]);
  await using only = await deployment.subscribeHere(["--only-topic", "other", "-n", "1"]);
  await using onlyGlob = await deployment.subscribeHere(["--only-topic", "net-?", "-n", "1"]);
  await publish(deployment, ["net-1", "größe", "net-22", "other"]);
  assert.deepEqual(await keysOf(all), ["net-1", "größe", "net-22", "other", "end"]);
  assert.deepEqual(await keysOf(globs), ["net-1", "größe", "net-22", "end"]);
  assert.deepEqual(await keysOf(only), ["other"]);
  assert.deepEqual(await keysOf(onlyGlob), ["net-1"]);
});

Deno.test("subscribe --all-topics reports a gap, when the connection to the service was lost", async () => {
  await using deployment = await Deployment.create({
    "df.publisher_id_name": "same",
    "df.pub_sub_sync_jitter": 0,
  });
  const first = await deployment.serve();
  const port = { "df.publisher_port": first.port };
  await using subscriber = await deployment.subscribe(["--all-topics", "--fail-on-gap"]);
  await publish(deployment, ["net-1"]);
  await subscriber.stdout.waitFor(/"end"/);
  first.program.kill("SIGKILL");
  await first[Symbol.asyncDispose]();
  await using _second = await deployment.serve(port);
  const { code, stderr } = await subscriber.result();
  assert.equal(code, 6, stderr);
  assert.match(
    stderr,
    /^\{"notice":"gap","topic":"D","address":"tcp:.*the connection was lost"\}$/m,
  );
});

Deno.test("subscribe warns of an action that nothing has, with the nearest", async () => {
  await using deployment = await Deployment.create();
  const flags = ["--action", "delte", "--timeout", "0.1"];
  const { stderr } = await deployment.runHere(["subscribe", ...flags]);
  assert.match(stderr, /^--action "delte": not a known action; did you mean "delete"\?$/m);
});

Deno.test("subscribe exits 2 and points at the character of a wrong expression or template", async () => {
  await using deployment = await Deployment.create();
  const wrong = [
    [["--where", "value.mtu>x"], "--where: wanted a number, at character 11", "value.mtu>x"],
    [["--format", "%k %{valu}"], '--format: unknown name "valu"; did', "%k %{valu}"],
  ] as const;
  for (const [flags, said, text] of wrong) {
    const { code, stderr } = await deployment.runHere(["subscribe", ...flags, "--timeout", "1"]);
    assert.equal(code, 2);
    const [line = "", shown, pointer = ""] = stderr.split("\n");
    assert(line.startsWith(`df-pubsub: ${said}`), stderr);
    assert.equal(shown, `df-pubsub: ${text}`);
    assert.match(pointer, /^df-pubsub: +\^$/);
  }
});

Deno.test("subscribe exits 2, when a glob of topics cannot be followed", async () => {
  await using deployment = await Deployment.create();
  const wrong = [
    [["--all-topics", "--since", "1m"], "--since needs topics by name"],
    [["-t", "net-*", "--snapshot", "--table", "lport"], "--snapshot follows the broadcast topic"],
    [["--snapshot", "--table", "l*"], '--table "l*": a glob, wanted the name of a table'],
  ] as const;
  for (const [flags, said] of wrong) {
    const { code, stderr } = await deployment.runHere(["subscribe", ...flags, "--timeout", "1"]);
    assert.equal(code, 2, stderr);
    assert(stderr.startsWith(`df-pubsub: ${said}`), stderr);
  }
});

Deno.test("subscribe writes the formats that its flags ask for", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const formats: Readonly<Record<string, readonly string[]>> = {
    nested: ["--json=nested"],
    keys: ["-j", "--keys-only"],
    template: ["-f", "%T/%-4k[%{value.name}]"],
    pretty: ["--pretty", "--utc"],
    text: ["--text", "--delta"],
  };
  const where = ["--where", "value.mtu>1000", "--exclude-key", "x*", "-n", "1"];
  const readers = await Promise.all(
    Object.values(formats).map((flags) => deployment.subscribeHere([...flags, ...where])),
  );
  await using _ends = {
    [Symbol.asyncDispose]: async () => {
      for (const reader of readers) await reader[Symbol.asyncDispose]();
    },
  };
  const rows = [["p0", 900], ["x1", 1500], ["p1", 1500]].map(([key, mtu]) =>
    JSON.stringify({
      ...{ table: "lport", key, action: "set" },
      value: JSON.stringify({ name: "eth0", mtu }),
    })
  );
  await deployment.publish(rows.join("\n"));
  const results = await Promise.all(readers.map((reader) => reader.result()));
  const [nested = "", keys = "", template, pretty = "", text = ""] = results.map((each) =>
    each.stdout
  );
  assert.deepEqual(JSON.parse(nested).value, { name: "eth0", mtu: 1500 });
  assert.equal(JSON.parse(keys).key, "p1");
  assert(!("value" in JSON.parse(keys)));
  assert.equal(template, "lport/p1  [eth0]\n");
  assert.match(pretty, /^[\d:.]+Z D set +lport p1\n {2}\{\n {4}"name": "eth0",\n {4}"mtu": 1500\n/);
  assert.match(text, /^ +\+0\.000 D set +lport p1 \{"name":"eth0","mtu":1500\}\n$/);
  const said = results.map(({ stderr }) => /^1 event in .* \(1 set\), no gaps$/m.test(stderr));
  assert.deepEqual(said, [false, false, true, true, true], "JSON has no summary");
});
