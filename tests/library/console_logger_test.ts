import assert from "node:assert/strict";
import { consoleLogger } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { OutputText } from "../support/output_text.ts";
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

const UNREAD = `
import { consoleLogger } from ${JSON.stringify(MOD.href)};
const log = consoleLogger();
const [count, size] = Deno.args.map(Number);
for (let i = 0; i < count; i++) log.warn("x".repeat(size));
console.log("went on");
for await (const chunk of Deno.stdin.readable) for (const _ of chunk) log.error("last");
`;

for (const [what, count, size] of [["", 3_000, 60], ["long ", 40, 7_000]] as const) {
  Deno.test(`consoleLogger drops and counts ${what}lines, when nobody reads the pipe`, async () => {
    await using directory = await tempDir();
    const path = directory.join("log.ts");
    await Deno.writeTextFile(path, UNREAD);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", path, String(count), String(size)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await output.read()).value, "went on\n");
    await output.cancel();
    const errors = new OutputText("standard error", child.stderr);
    const input = child.stdin.getWriter();
    let asked = 0;
    // Lines are dropped until the logger notices that the pipe is read.
    await eventually(async () => {
      await input.write(new Uint8Array(1));
      asked++;
      return errors.text;
    }, (text) => text.includes(" error last\n"));
    await input.close();
    await errors.ended;
    const line = new RegExp(` (?:${"x".repeat(size)}|error last)$`);
    const whole = errors.lines.filter((each) => line.test(each)).length;
    const dropped = /(\d+) log lines? (?:was|were) dropped/g;
    const counts = [...errors.text.matchAll(dropped)].map(([, lines]) => Number(lines));
    assert(counts.length > 0, errors.text.slice(-200));
    assert.equal(whole + counts.reduce((sum, lines) => sum + lines), count + asked);
    assert.equal((await child.status).code, 0);
  });
}
