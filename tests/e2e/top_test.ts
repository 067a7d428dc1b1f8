import assert from "node:assert/strict";
import { Deployment, freePort } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { programCommand } from "../support/program.ts";
import { Terminal, type TerminalOptions } from "../support/tmux.ts";

/** The state of a terminal that no program has changed: see FORMATS in tmux(1). */
const MODES = "alternate=#{alternate_on} cursor=#{cursor_flag} wrap=#{wrap_flag}";
const TAKEN = "alternate=1 cursor=0 wrap=0";
const USUAL = "alternate=0 cursor=1 wrap=1";

/**
 * Runs a command, prints how it ended and whether it restored the terminal, and waits for a key.
 */
const COMPARING = `trap : INT
before=$(stty -g)
"$@"
code=$?
[ "$before" = "$(stty -g)" ] && echo "as before, exit code $code"
read -r _
exit $code`;

function created(): Promise<Deployment> {
  return Deployment.create({
    "df.http_address": `127.0.0.1:${freePort()}`,
    "df.stale_publisher_poll_time": 0.5,
  });
}

/** `top` in a terminal of 80x24; its process id is in the file `top.pid`. */
async function started(
  deployment: Deployment,
  args: readonly string[] = [],
  { by = [], ...options }: TerminalOptions & { readonly by?: readonly string[] } = {},
): Promise<Terminal> {
  const telling = ["sh", "-c", 'echo $$ > "$0"; exec "$@"', deployment.path("top.pid")];
  const command = programCommand(["top", ...args, ...deployment.flags()]);
  return await Terminal.start(
    ["sh", "-c", COMPARING, "sh", ...telling, ...by, ...command],
    options,
  );
}

/** Publishes some 1,000 events per second until it is disposed. */
function publishing(deployment: Deployment): AsyncDisposable {
  const program = deployment.start(["publish", "--stdin"]);
  const line = `${JSON.stringify({ table: "lport", key: "k", action: "set", value: 1 })}\n`;
  const timer = setInterval(() => void program.write(line.repeat(100)), 100);
  return {
    [Symbol.asyncDispose]: () => {
      clearInterval(timer);
      return program[Symbol.asyncDispose]();
    },
  };
}

async function assertRestored(terminal: Terminal, code: number, said = /^/): Promise<void> {
  const lines = await terminal.waitFor(/as before, exit code \d+$/);
  const text = lines.join("");
  assert.match(text, new RegExp(`${said.source}.*as before, exit code ${code}$`));
  assert.doesNotMatch(text, /READY/);
  assert.equal(await terminal.describe(MODES), USUAL);
  await terminal.press("Enter");
  assert.equal(await terminal.exitCode(), code);
}

Deno.test("top in a terminal of 80x24", async (t) => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  const follow = (name: string) =>
    deployment.subscribeHere(["--json"], { "df_zmq.node_name": name });
  await using _seven = await follow("compute-7");
  await using _eight = await follow("compute-8");
  await using terminal = await started(deployment);

  await t.step("shows changing rates, while events flow", async () => {
    await terminal.waitFor(/^READY [^]+\nEvents\/s {3}in 0 {3}out 0 [^]+\ncompute-7 /);
    assert.equal(await terminal.describe(MODES), TAKEN);
    await using _events = publishing(deployment);
    await terminal.waitFor(/\nEvents\/s {3}in [\d,]{3,5} {3}out [\d,]{3,5} {3}relay p50 [\d.]+ ms/);
    const lines = await terminal.waitFor(/\nNodes {3}2 connected[^]*\nPublishers {3}1 alive/);
    await terminal.waitFor(/\nTopics {3}D [\d,.]+\/s/);
    assert.match(lines.join("\n"), /\nChecks {3}service ok [^]*database ok/);
    assert.equal(lines.length, 24);
    assert.match(lines[23] ?? "", /^q quit/);
  });

  await t.step("sorts, filters and pauses at keys", async () => {
    await terminal.press("/", "compute-7", "Enter");
    const lines = await terminal.waitFor(/\/ filter: compute-7/);
    assert.deepEqual(lines.filter((line) => /^compute-/.test(line)).map((line) => line[8]), ["7"]);
    await terminal.press("Escape", "s", "p");
    await terminal.waitFor(/^PAUSED {3}READY[^]+s sort: behind/);
    await terminal.press("p");
    await terminal.waitFor(/^READY/);
  });

  await t.step("redraws in another size", async () => {
    await terminal.resize(40, 10);
    const lines = await terminal.waitFor(/^READY[^]+\nNODE +STATE +BEHIND +LOST\n[^]+\nq quit/);
    assert.equal(lines.length, 10);
    await terminal.resize(120, 30);
    await terminal.waitFor(/LOST +SINCE +ADDRESS\n/);
  });

  await t.step("quits at q and restores the terminal", async () => {
    await terminal.press("q");
    await assertRestored(terminal, 0);
  });
});

Deno.test("top restores the terminal at SIGTERM, SIGINT and Ctrl-C", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  for (const end of ["SIGTERM", "SIGINT", "C-c"] as const) {
    await using terminal = await started(deployment);
    await terminal.waitFor(/^READY[^]+q quit/);
    if (end === "C-c") await terminal.press(end);
    else Deno.kill(Number(await Deno.readTextFile(deployment.path("top.pid"))), end);
    await assertRestored(terminal, 0);
  }
});

Deno.test("top reports that the service has gone, continues when it returns, and gives up after its timeout", async () => {
  await using deployment = await created();
  await using terminal = await (async () => {
    await using _service = await deployment.serve();
    const terminal = await started(deployment, ["--timeout", "8"]);
    await terminal.waitFor(/^READY/);
    return terminal;
  })();
  await terminal.waitFor(/^NO CONNECTION for \d+ s: /);
  await (async () => {
    await using _service = await deployment.serve();
    await terminal.waitFor(/^READY/);
  })();
  await terminal.waitFor(/^NO CONNECTION for \d+ s: /);
  await assertRestored(terminal, 3, /^df-pubsub: Cannot show the service: .*ECONNREFUSED/);
});

Deno.test("top without a service reports that and leaves the terminal unchanged", async () => {
  await using deployment = await created();
  await using terminal = await started(deployment);
  await assertRestored(terminal, 3, /^df-pubsub: Cannot show the service: .*ECONNREFUSED/);
});

Deno.test("top prints plain frames until a signal, when TERM is dumb", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  await using terminal = await started(deployment, [], { by: ["env", "TERM=dumb"] });
  const frames = async () => (await terminal.history()).filter((line) => /^READY/.test(line));
  await eventually(frames, ({ length }) => length >= 2);
  assert.equal(await terminal.describe(MODES), USUAL);
  await terminal.press("C-c");
  await terminal.waitFor(/as before, exit code 0$/);
});

Deno.test("top --once prints one plain frame with every node", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  await using _node = await deployment.subscribeHere([], { "df_zmq.node_name": "compute-7" });
  const { code, stdout, stderr } = await deployment.run(["top", "--once"]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^READY .*\nEvents\/s [^]+database ok[^]+\n\nNODE .*\ncompute-7 .*\n$/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(stdout, /\x1b/);
});

Deno.test("top sends the token of the pages, and reports when it is required", async () => {
  await using deployment = await created();
  const path = deployment.path("token");
  await Deno.writeTextFile(path, "0123456789abcdef\n", { mode: 0o600 });
  await using _service = await deployment.serve({ "df.http_token_file": path });
  const without = await deployment.runHere(["top", "--once"]);
  assert.equal(without.code, 3);
  assert.match(without.stderr, /Cannot show the service: .* requires the token/);
  const { code } = await deployment.runHere(["top", "--once"], "", { "df.http_token_file": path });
  assert.equal(code, 0);
});
