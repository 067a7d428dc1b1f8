import assert from "node:assert/strict";
import type { Metafile } from "esbuild";
import { bundle, ENTRY } from "../../packaging/bundle.ts";
import { RUN_FLAGS } from "../../packaging/compile.ts";
import { REPLACEMENTS } from "../../packaging/replacements.ts";
import { targetOf } from "../../packaging/targets.ts";
import { tempDir } from "../support/temp_dir.ts";

const COMMIT = "0123456789ab";

interface Made extends AsyncDisposable {
  readonly directory: string;
  readonly outputs: Metafile["outputs"];
  readonly inputs: readonly string[];
}

async function make(): Promise<Made> {
  const directory = await tempDir();
  const { path } = directory;
  const { inputs, outputs } = await bundle({ directory: path, target: targetOf(), commit: COMMIT });
  const dispose = () => directory[Symbol.asyncDispose]();
  return { directory: path, inputs: Object.keys(inputs), outputs, [Symbol.asyncDispose]: dispose };
}

async function run(directory: string, args: readonly string[]) {
  const command = ["run", ...RUN_FLAGS, `${directory}/${ENTRY}`, ...args];
  const env = { XDG_RUNTIME_DIR: "/nonexistent", HOME: "/nonexistent" };
  const options = { args: command, cwd: "/", env };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), options).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** The modules that each command loads from sources. Modules imported on demand are listed. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  publish: [
    "cli/publish/publish.ts",
    "drivers/pubsub/zmq_multiproc.ts",
  ],
  serve: [
    ...["cli/serve/serve.ts", "drivers/pubsub/zmq.ts", "drivers/pubsub/zmq_multiproc.ts"],
    "drivers/db/sqlite.ts",
  ],
  subscribe: ["cli/subscribe/subscribe.ts", "drivers/pubsub/zmq.ts", "drivers/db/sqlite.ts"],
};

/** The Node modules that load with these sources, with their static imports. */
function builtInsOf(sources: readonly string[], outputs: Metafile["outputs"]): string[] {
  const names = Object.keys(outputs);
  const files = new Set(sources.map((source) => {
    const file = names.find((name) => outputs[name]?.entryPoint === source);
    assert(file !== undefined, `${source} is not a separate file`);
    return file;
  }));
  const found = new Set<string>();
  for (const file of files) {
    for (const { path, kind, external } of outputs[file]?.imports ?? []) {
      if (kind === "dynamic-import") continue;
      (external ? found : files).add(path);
    }
  }
  return [...found];
}

Deno.test("the bundle", async (t) => {
  await using made = await make();
  const runs = (args: readonly string[]) => run(made.directory, args);

  await t.step("prints the commit from which it was built", async () => {
    assert.match((await runs(["--version"])).stdout, /^\d+\.\d+\.\d+ \(0123456789ab\)\n$/);
  });

  await t.step("contains every stand-in, and no module that one replaces", () => {
    for (const { standIn } of REPLACEMENTS) {
      assert(made.inputs.includes(`packaging/stand_ins/${standIn}`), standIn);
    }
    assert(!made.inputs.some((path) => /\/node_modules\/debug\//.test(path)));
  });

  for (const [command, sources] of Object.entries(PATHS)) {
    await t.step(`makes ${command} load no expensive Node module`, () => {
      const loaded = builtInsOf(["main.ts", "cli/program.ts", ...sources], made.outputs);
      assert.deepEqual(loaded, command === "publish" ? [] : ["node:sqlite"]);
    });
  }

  await t.step("contains every file of the page of serve", async () => {
    for await (const { name } of Deno.readDir(new URL("../../cli/serve/page/", import.meta.url))) {
      assert(made.inputs.includes(`cli/serve/page/${name}`), name);
    }
  });

  await t.step("shows help, errors and completion as the sources do", async () => {
    for (const args of [["--help"], ["help", "publish"], ["publish", "--help"]]) {
      const { code, stdout } = await runs(args);
      assert.deepEqual([code, stdout.includes("Exit codes:")], [0, true], args.join(" "));
    }
    const wrong = await runs(["publsh"]);
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    assert.match(wrong.stderr, /unknown command 'publsh'\n\(Did you mean publish\?\)/);
    assert.match((await runs(["completion", "bash"])).stdout, /df-pubsub/);
  });

  await t.step("loads libzmq from its own directory", async () => {
    const driver = "df.pub_sub_multiproc_driver=libzmq_pubsub_multiproc_driver";
    const args = ["--action", "sync", "--timeout", "0.2", "--set", driver];
    const { stderr } = await runs(["publish", ...args]);
    assert.match(stderr, /No publisher service listens/);
  });

  await t.step("loads ioredis without reading the environment", async () => {
    const redis = ["df.nb_db_class=redis", "df.remote_db_hosts=127.0.0.1:1"];
    const { code, stderr } = await runs([
      ...["publishers", "list"],
      ...redis.flatMap((setting) => ["--set", setting]),
    ]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /127\.0\.0\.1:1/);
  });

  await t.step("contains the licences of its parts", async () => {
    for (const name of ["commander", "ioredis", "zeromq"]) {
      const files = await Array.fromAsync(Deno.readDir(`${made.directory}/licences/${name}`));
      assert(files.length > 0, name);
    }
  });
});
