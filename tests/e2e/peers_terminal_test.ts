import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { programCommand } from "../support/program.ts";
import { Terminal } from "../support/tmux.ts";

Deno.test("peers in a terminal of 80x24 shows a row for each node, within its width", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using _one = await deployment.subscribeHere([], { "df_zmq.node_name": "node-1" });
  await using _two = await deployment.subscribeHere([], { "df_zmq.node_name": "node-2" });
  const command = programCommand(["peers", ...deployment.flags()]);
  await using terminal = await Terminal.start(command, { columns: 80, rows: 24 });
  assert.equal(await terminal.exitCode(), 0);
  const lines = await terminal.screen();
  for (const line of lines) assert(line.length <= 80, line);
  const text = lines.join("\n");
  assert.match(text, /^node +/im);
  for (const node of ["node-1", "node-2"]) assert.match(text, new RegExp(`^${node} `, "m"));
});

Deno.test("peers --watch redraws the row of a frozen node in place, until Ctrl-C", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await using node = await deployment.subscribe([], { "df_zmq.node_name": "node-1" });
  const command = programCommand(["peers", "--watch", ...deployment.flags()]);
  await using terminal = await Terminal.start(command, { columns: 80, rows: 24 });
  await terminal.waitFor(/^node-1 /m);
  node.kill("SIGSTOP");
  try {
    const lines = await terminal.waitFor(/^node-1 .* gone /m);
    assert.equal(lines.filter((line) => line.startsWith("node-1 ")).length, 1);
  } finally {
    node.kill("SIGCONT");
  }
  await terminal.press("C-c");
  assert.equal(await terminal.exitCode(), 0);
});
