import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { linesOf } from "../../../support/lines.ts";

const SCRIPT = fileURLToPath(new URL("../../../support/publisher_process.ts", import.meta.url));

Deno.test("Listener refuses connections with a warning, when descriptors run out, and later accepts again", async () => {
  const command = `ulimit -n 100 && exec "$0" run -A --no-check "$1"`;
  await using child = new Deno.Command("sh", {
    args: ["-c", command, Deno.execPath(), SCRIPT],
    stdout: "piped",
    stdin: "null",
  }).spawn();
  const lines = linesOf(child.stdout);
  const port = Number((await lines.next()).value);
  const open: Deno.Conn[] = [];
  const connect = async () => void open.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  try {
    for (let count = 0; count < 120; count++) await connect();
    const warning = /^Refusing connections at the publisher's port: too many open files: raise /;
    assert.match((await lines.next()).value ?? "", warning);
    for (const connection of open.splice(0)) connection.close();
    await connect();
    const greeting = new Uint8Array(64);
    while (await open[0]?.read(greeting).catch(() => null) !== 64) {
      for (const connection of open.splice(0)) connection.close();
      await connect();
    }
    assert.equal(greeting[0], 0xff);
  } finally {
    for (const connection of open) connection.close();
    child.kill("SIGKILL");
    while (!(await lines.next()).done);
  }
});
