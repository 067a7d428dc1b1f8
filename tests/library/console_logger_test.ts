import assert from "node:assert/strict";
import { consoleLogger } from "../../mod.ts";
import { tempDir } from "../support/temp_dir.ts";

const MOD = new URL("../../mod.ts", import.meta.url);
const PROGRAM = `
import { consoleLogger } from ${JSON.stringify(MOD.href)};
const log = consoleLogger({ level: "warn" });
log.info("not written");
log.warn("a\\nb \\x1b[31m", { place: "192.0.2.1", error: new Error("why") });
log.error("c");
`;

Deno.test("consoleLogger writes one safe line per message to standard error, from its level on", async () => {
  await using directory = await tempDir();
  const path = directory.join("log.ts");
  await Deno.writeTextFile(path, PROGRAM);
  const args = ["run", "--quiet", "-A", path];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => line.replace(/^\S+Z /, "")), [
    String.raw`warn a\x0ab \x1b[31m place="192.0.2.1" error="why"`,
    "error c",
  ]);
  assert.equal(stdout.length, 0);
});

Deno.test("consoleLogger refuses an unknown level, as code without types may pass it", () => {
  assert.throws(() => consoleLogger({ level: "warning" as "warn" }), {
    name: "RangeError",
    message: 'consoleLogger "level": "warning", wanted one of debug, info, warn, error',
  });
});
