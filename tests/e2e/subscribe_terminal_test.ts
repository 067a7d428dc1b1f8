import assert from "node:assert/strict";
import { widthOf } from "../../cli/terminal/cells.ts";
import { Deployment } from "../support/deployment.ts";
import { programCommand } from "../support/program.ts";
import { Terminal, type TerminalOptions } from "../support/tmux.ts";

const UUID = "7a1f2e0c-0b34-4b63-9d6e-2f4a6a3a9d11";
const VALUE = JSON.stringify({ name: "eth0", mtu: 1500, note: "n".repeat(60) });
const EVENTS = [
  { table: "lport", key: UUID, action: "create", value: VALUE },
  { table: "lport", key: "p2", action: "set", value: "東京-\u{1f469}\u200d\u{1f467} e\u0301" },
  { table: "chassis", key: "東京".repeat(30), action: "delete" },
  { table: null, key: null, action: "sync" },
  { table: "lport", key: "p3", action: "explode", value: "\x1b[31mred" },
];

/** `subscribe` in a terminal, after it has printed the events. */
async function printed(
  deployment: Deployment,
  args: readonly string[],
  options: TerminalOptions,
): Promise<Terminal> {
  const command = ["subscribe", ...args, "-n", String(EVENTS.length), "--timeout", "20"];
  const terminal = await Terminal.start(programCommand([...command, ...deployment.flags()]), {
    ...options,
    env: { TZ: "Asia/Kolkata", ...options.env },
  });
  await terminal.waitFor(/^listening on /m);
  const lines = EVENTS.map((event) => JSON.stringify(event)).join("\n");
  await deployment.publish(lines);
  assert.equal(await terminal.exitCode(), 0);
  return terminal;
}

/** The hour and minute in a time zone that is 5.5 hours ahead of UTC. */
function kolkata(utc: string): string {
  const [hours = 0, minutes = 0] = utc.split(":").map(Number);
  const all = (hours * 60 + minutes + 330) % 1440;
  return `${String(Math.floor(all / 60)).padStart(2, "0")}:${String(all % 60).padStart(2, "0")}`;
}

Deno.test("subscribe in a terminal of 80x24 keeps each event in one line, in columns", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const before = Date.now();
  await using terminal = await printed(deployment, [], { columns: 80, rows: 24 });
  const [listening, ...lines] = await terminal.screen();
  assert.match(`${listening}`, /^listening on tcp:/);
  const time = /^\d\d:\d\d:\d\d\.\d{3} D /;
  for (const line of lines.slice(0, 5)) {
    assert.match(line, time);
    assert(widthOf(line) <= 80, line);
  }
  const [create = "", set = "", remove = "", sync = "", unknown = ""] = lines;
  assert.match(create, / D create lport 7a1f2e0c-[-0-9a-f]+… \{"name":"eth0"/);
  assert.equal(create.indexOf("lport"), set.indexOf("lport"), "columns");
  assert(set.endsWith(" 東京-\u{1f469}\u200d\u{1f467} é".normalize("NFC")), set);
  assert.match(remove, / D delete chassis (東京)+東?…$/);
  assert.match(sync, / D sync {3}- {7}-$/);
  assert.match(unknown, / D explode\? lport +p3 +\\x1b\[31mred$/);
  assert.match(`${lines[5]}`, /^5 events in \d\.\d s \(1 create, .*1 delete, .*\), no gaps$/);
  const minutes = [before, Date.now()].map((at) => kolkata(new Date(at).toISOString().slice(11)));
  assert(minutes.includes(create.slice(0, 5)), `${create.slice(0, 5)} is not local: ${minutes}`);
});

Deno.test("subscribe in a terminal of 200x50 shows whole values and keys, with colours", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using terminal = await printed(deployment, ["--utc"], { columns: 200, rows: 50 });
  const [, create = "", , remove = ""] = await terminal.screen();
  assert.match(create, new RegExp(`^\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z D create lport ${UUID} `));
  assert(create.endsWith(VALUE), create);
  assert(widthOf(remove) <= 200 && remove.includes("東京".repeat(15)), remove);
  const coloured = await terminal.colouredScreen();
  assert(coloured.includes("\x1b[32mcreate"), coloured);
  assert(coloured.includes("\x1b[31mdelete"), coloured);
  assert(coloured.includes("\x1b[35msync"), coloured);
});

Deno.test("subscribe in a terminal without colours, by --color or a variable", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using byFlag = await printed(deployment, ["--color", "never"], {});
  assert(!(await byFlag.colouredScreen()).includes("\x1b[3"));
  await using byVariable = await printed(deployment, ["--delta"], { env: { NO_COLOR: "1" } });
  assert(!(await byVariable.colouredScreen()).includes("\x1b[3"));
  assert.match((await byVariable.screen()).join("\n"), /^ +\+0\.000 D create/m);
});

Deno.test("subscribe in a terminal shows notices with time and mark, and syncs requested here", async () => {
  await using deployment = await Deployment.create({ "df.pub_sub_sync_jitter": 0 });
  const first = await deployment.serve();
  const flags = ["--all-topics", "--action", "sync", "-n", "1", "--utc", "--timeout", "20"];
  const command = programCommand(["subscribe", ...flags, ...deployment.flags()]);
  await using terminal = await Terminal.start(command, { columns: 100, rows: 24 });
  await terminal.waitFor(/^listening on /m);
  first.program.kill("SIGKILL");
  await first[Symbol.asyncDispose]();
  await using _second = await deployment.serve({ "df.publisher_port": first.port });
  assert.equal(await terminal.exitCode(), 0);
  const text = (await terminal.screen()).join("\n");
  assert.match(
    text,
    /^\d\d:\d\d:\d\d\.\d{3}Z ! gap topic=D address=tcp:\S+: the connection was lost$/m,
  );
  assert.match(text, /Z D sync {3}- - requested here: events were lost$/m);
  assert.match(text, /^1 event in .*\(1 sync\), 1 gap$/m);
});

Deno.test("publishers list and config show in a terminal of 80x24 fit it", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  for (const args of [["publishers", "list"], ["config", "show"]]) {
    const command = programCommand([...args, ...deployment.flags()]);
    await using terminal = await Terminal.start(command, { columns: 80, rows: 24 });
    assert.equal(await terminal.exitCode(), 0);
    const lines = (await terminal.history()).filter((line) => !line.startsWith("Configuration:"));
    const [heading = "", row = ""] = lines;
    assert.match(heading, /^(ID +URI +.*AGE +STATE|OPTION +VALUE +FROM)$/);
    // A line that is wrapped would begin a row of its own.
    for (const line of lines.slice(1)) {
      assert.match(line, /^([0-9a-f]{8}-|\[\w+\] )/, args.join(" "));
    }
    assert(row.length <= 80);
  }
});
