import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { runHere } from "../support/command_here.ts";
import { parseExposition } from "../support/exposition_parser.ts";
import { programCommand } from "../support/program.ts";

const EVENT = ["publish", "--table", "t", "--key", "k", "--action", "set"];

/** The JSON lines of a log. Fails for a line that is not JSON. */
function parsed(text: string): { level: string; message: string; time: string }[] {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

Deno.test("serve writes only JSON lines to its log from start to end", async () => {
  await using deployment = await Deployment.create({ "df.log_format": "json" });
  await using serve = deployment.start(["serve"]);
  await serve.stderr.waitFor(/"READY"/);
  serve.kill("SIGHUP");
  await serve.stderr.waitFor(/reloaded: /);
  serve.kill("SIGQUIT");
  await serve.stderr.waitFor(/state: configuration/);
  const lines = parsed((await serve.stop()).stderr);
  const told = lines.filter(({ level, time }) =>
    level === "info" && !Number.isNaN(Date.parse(time))
  )
    .map(({ message }) => message);
  for (
    const wanted of [
      /^listening on tcp:\S+ for subscribers$/,
      /^listening on ipc:\S+ for local publishers$/,
      /^health at http:/,
      /^READY$/,
      /^stopping: /,
      /^stopped: 0 events relayed, 0 refused$/,
    ]
  ) assert(told.some((message) => wanted.test(message)), `${wanted} in ${told.join("\n")}`);
});

Deno.test("serve and subscribe write a configuration error as a JSON line to a pipe", async () => {
  for (const command of ["serve", "subscribe"]) {
    for (const flags of [["--config-file", "/nowhere.ini"], ["--set", "df.publisher_port=x"]]) {
      const { code, stderr } = await runHere([command, ...flags]);
      assert.equal(code, 2, stderr);
      assert.deepEqual(parsed(stderr).map(({ level }) => level), ["error"]);
      const text = await runHere([command, ...flags, "--set", "df.log_format=text"]);
      assert.match(text.stderr, /^df-pubsub: /);
    }
  }
});

Deno.test("serve writes its last error as a JSON line, after the others", async () => {
  await using deployment = await Deployment.create({ "df.log_format": "json" });
  await Deno.mkdir(deployment.databasePath);
  const { code, stderr } = await deployment.run(["serve"]);
  assert.equal(code, 3, stderr);
  const last = parsed(stderr).at(-1);
  assert.equal(last?.level, "error");
  assert(last?.message.includes(deployment.databasePath), stderr);
});

Deno.test("subscribe writes only JSON lines to a pipe, including the address that it listens to", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using subscriber = deployment.start(["subscribe", "--count", "1", "--timeout", "1.5"], {
    "df.log_format": "auto",
  });
  const { code, stderr } = await subscriber.result();
  assert.equal(code, 5, stderr);
  assert.deepEqual(parsed(stderr).map(({ level, message }) => [level, message]), [
    ["info", `listening on ${service.uri}`],
    ["warn", "stopped after 1.5 s: 0 events, wanted 1"],
  ]);
});

// systemd gives a service a stream socket, and its device and inode.
const JOURNAL = `
import os, socket, subprocess, sys
ours, theirs = socket.socketpair()
if sys.argv[1] == "other":
    stream = "1:1"
else:
    stat = os.fstat(theirs.fileno())
    stream = f"{stat.st_dev}:{stat.st_ino}"
child = subprocess.Popen(sys.argv[2:], stderr=theirs, env={**os.environ, "JOURNAL_STREAM": stream})
theirs.close()
text = b""
while piece := ours.recv(65536):
    text += piece
    if b"READY" in piece:
        child.terminate()
sys.stdout.buffer.write(text)
sys.exit(child.wait())
`;

async function journalled(stream: "same" | "other", args: readonly string[]): Promise<string[]> {
  const command = new Deno.Command("/usr/bin/python3", {
    args: ["-c", JOURNAL, stream, ...programCommand(args)],
    stdout: "piped",
  });
  const { code, stdout } = await command.output();
  assert.notEqual(code, 4);
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test("serve gives each line its priority and no time, when the journal reads it", async () => {
  await using deployment = await Deployment.create();
  const auto = { "df.log_format": "auto" };
  const lines = await journalled("same", ["serve", ...deployment.flags(auto)]);
  assert(lines.every((line) => /^<[3467]>\D/.test(line)), lines.join("\n"));
  assert(lines.includes("<6>READY"));
  assert(lines.some((line) => /^<4>warn Advertising tcp:/.test(line)), lines.join("\n"));
  const json = await journalled("same", [
    "serve",
    ...deployment.flags({ "df.log_format": "json" }),
  ]);
  assert(json.every((line) => JSON.parse(line.replace(/^<[3467]>/, "")).time !== undefined));
  const failed = await journalled("same", ["serve", "--set", "df.drain_timeout=soon"]);
  assert.match(failed[0] ?? "", /^<3>df-pubsub: .*drain_timeout is "soon"/);
  assert.match(
    (await journalled("same", ["serve", "--nothing"]))[0] ?? "",
    /^<3>df-pubsub: unknown/,
  );
});

Deno.test("serve writes its normal log, when the journal reads another stream", async () => {
  await using deployment = await Deployment.create();
  const lines = await journalled("other", ["serve", ...deployment.flags()]);
  assert(lines.includes("READY"), lines.join("\n"));
  assert(lines.some((line) => /^\d{4}-\S+Z warn Advertising tcp:/.test(line)), lines.join("\n"));
});

/** Warnings that are more than a pipe holds, on each reload: each names the file. */
const MANY_WARNINGS = `[df]\n${"nothing_like_it_at_all = 1\n".repeat(2_000)}`;
const LONG_NAME = `${"service".repeat(30)}.ini`;

Deno.test("serve relays while nothing reads its log, and counts the dropped lines", async () => {
  await using deployment = await Deployment.create();
  const path = deployment.path(LONG_NAME);
  await Deno.writeTextFile(path, "[df]\n");
  const [program, ...args] = programCommand([
    ...["serve", "--config-file", path],
    ...deployment.flags(),
  ]);
  await using serve = new Deno.Command(program, { args, stderr: "piped" }).spawn();
  const reader = serve.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const readUntil = async (wanted: RegExp) => {
    while (!wanted.test(text)) text += (await reader.read()).value ?? assert.fail(text);
  };
  await readUntil(/^READY$/m);
  const health = /^health at (\S+)$/m.exec(text)?.[1];
  await Deno.writeTextFile(path, MANY_WARNINGS);
  for (let reloads = 0; reloads < 50 && (await droppedLines(health)) === 0; reloads++) {
    serve.kill("SIGHUP");
    const { code, stderr } = await deployment.runHere([...EVENT, "--confirm"]);
    assert.equal(code, 0, stderr);
  }
  const dropped = await droppedLines(health);
  assert(dropped > 0);
  await readUntil(/^\d+ log lines were dropped: standard error was not read$/m);
  const told = Number(/^(\d+) log lines were dropped/m.exec(text)?.[1]);
  assert(told >= dropped, `${told} told, ${dropped} counted before`);
  serve.kill("SIGTERM");
  await readUntil(/^stopped: \d+ events relayed, 0 refused$/m);
  await reader.cancel();
  assert.equal((await serve.status).code, 0);
});

async function droppedLines(health: string | undefined): Promise<number> {
  const text = await (await fetch(`${health}/metrics`)).text();
  return parseExposition(text).get("df_pubsub_log_lines_dropped_total")?.samples[0]?.value ?? NaN;
}

Deno.test("serve starts, relays and ends, when nothing ever reads its log", async () => {
  await using deployment = await Deployment.create();
  const path = deployment.path(LONG_NAME);
  await Deno.writeTextFile(path, MANY_WARNINGS);
  const [program, ...args] = programCommand([
    "serve",
    "--config-file",
    path,
    ...deployment.flags(),
  ]);
  await using serve = new Deno.Command(program, { args, stderr: "piped" }).spawn();
  const { code, stderr } = await deployment.runHere([...EVENT, "--timeout", "20"]);
  assert.equal(code, 0, stderr);
  serve.kill("SIGTERM");
  assert.equal((await serve.status).code, 0);
  await serve.stderr.cancel();
});
