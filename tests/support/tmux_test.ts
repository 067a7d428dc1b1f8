import assert from "node:assert/strict";
import { Terminal } from "./tmux.ts";

Deno.test("Terminal shows a program's output, sends keys, changes its size, and reports the end", async () => {
  const script = 'stty size; while read line; do [ "$line" = q ] && exit 7; stty size; done';
  await using terminal = await Terminal.start(["sh", "-c", script], { columns: 80, rows: 24 });
  await terminal.waitFor(/^24 80$/m);
  await terminal.resize(100, 10);
  await terminal.press("Enter");
  await terminal.waitFor(/^10 100$/m);
  await terminal.press("q", "Enter");
  assert.equal(await terminal.exitCode(), 7);
  assert((await terminal.history()).includes("24 80"));
});

Deno.test("Terminal sends a key's signal to the program, and reports how the program ended", async () => {
  const script = "trap 'echo caught; exit 9' INT; echo waiting; while :; do sleep 0.05; done";
  await using terminal = await Terminal.start(["sh", "-c", script]);
  await terminal.waitFor(/^waiting$/m);
  await terminal.press("C-c");
  assert.equal(await terminal.exitCode(), 9);
  assert.match((await terminal.screen()).join("\n"), /caught/);
});
