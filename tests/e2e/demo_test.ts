import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Program } from "../support/program.ts";
import { tempDir } from "../support/temp_dir.ts";

const DEMO = fileURLToPath(new URL("../../demo/main.ts", import.meta.url));

Deno.test("the demo ends its processes and removes its directory, when a signal stops it", async () => {
  for (const signal of ["SIGINT", "SIGHUP"] as const) {
    await using directory = await tempDir();
    const command = [Deno.execPath(), "run", "-A", "--quiet", DEMO];
    const env = { TMPDIR: directory.join(".") };
    await using demo = Program.startCommand(command, { env, name: "demo" });
    await demo.stdout.waitFor(/node-1 +\| listening on /);
    const [path = ""] = await Array.fromAsync(
      Deno.readDir(directory.join(".")),
      (each) => each.name,
    );
    demo.kill(signal);
    const { code, stdout } = await demo.result();
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`^Stopped by ${signal} in `, "m"));
    assert.deepEqual(await Array.fromAsync(Deno.readDir(directory.join("."))), []);
    const { stdout: processes } = await new Deno.Command("ps", { args: ["-eo", "args"] }).output();
    assert(!new TextDecoder().decode(processes).includes(path), "no process of it runs");
  }
});

Deno.test("the demo begins with a sentence about what it shows, and leaves out its settings and what follows from them", async () => {
  const command = [Deno.execPath(), "run", "-A", "--quiet", DEMO];
  await using demo = Program.startCommand(command, { name: "demo" });
  await demo.stdout.waitFor(/controller-1 +\| READY/);
  assert.match(demo.stdout.text, /^Two controllers and five compute nodes exchange events/);
  assert.doesNotMatch(demo.stdout.text, /origin=|which only this host can reach/);
  assert.equal((await demo.stop("SIGINT")).code, 1);
});

Deno.test("the demo names its flags, when it gets other ones", async () => {
  for (const args of [["--redis", "--etcd"], ["--reddis"], ["redis"]]) {
    const command = [Deno.execPath(), "run", "-A", "--quiet", DEMO, ...args];
    await using demo = Program.startCommand(command, { env: {}, name: "demo" });
    const { code, stderr } = await demo.result();
    assert.equal(code, 2);
    assert.match(stderr, /wanted none, --redis or --etcd/);
  }
});
