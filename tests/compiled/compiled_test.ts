import assert from "node:assert/strict";
import { programCommand } from "../support/program.ts";
import { tempDir } from "../support/temp_dir.ts";

const isCompiled = Deno.env.get("DF_PUBSUB_BINARY") !== undefined;
const isRoot = Deno.uid() === 0;
const NOWHERE = { XDG_RUNTIME_DIR: "/nonexistent", HOME: "/nonexistent" };
// Publishing fails, because there is no service. But the error shows that libzmq was loaded.
const LIBZMQ = "df.pub_sub_multiproc_driver=libzmq_pubsub_multiproc_driver";
const PUBLISH = ["publish", "--action", "sync", "--timeout", "0.2", "--set", LIBZMQ];
const NO_SERVICE = /No publisher service listens/;

interface Run {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs its remaining arguments. */
  readonly by?: readonly string[];
}

async function run(args: readonly string[], { cwd = "/", env = {}, by = [] }: Run = {}) {
  const [command = "", ...rest] = [...by, ...programCommand(args)];
  const options = { args: rest, cwd, env: { ...NOWHERE, ...env } };
  const { code, stdout, stderr } = await new Deno.Command(command, options).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

function test(name: string, run: () => Promise<void>, ignore = false): void {
  Deno.test({ name: `the executable ${name}`, ignore: ignore || !isCompiled, fn: run });
}

test("prints its version and commit, from any directory", async () => {
  for (const cwd of ["/", "/usr", Deno.cwd()]) {
    const { code, stdout, stderr } = await run(["--version"], { cwd });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^\d+\.\d+\.\d+( \([0-9a-f]{12,}(-dirty)?\))?\n$/);
  }
});

test("says that it never writes to directories of the system, and names no flag of the runtime", async () => {
  const { code, stderr } = await run(["record", "/dev/full", "--force"]);
  assert.equal(code, 2);
  assert.match(stderr, /Cannot open "\/dev\/full": the executable has no write access to/);
  assert.doesNotMatch(stderr, /--allow/);
});

test("loads its libzmq, when the environment is otherwise empty", async () => {
  const { stderr } = await run(PUBLISH, { by: ["env", "-i", "HOME=/nonexistent"] });
  assert.match(stderr, NO_SERVICE);
});

test("loads its libzmq, when run as an ordinary user", async () => {
  const by = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  assert.match((await run(PUBLISH, { by })).stderr, NO_SERVICE);
}, !isRoot);

test("loads its libzmq when $TMPDIR is missing, and leaves nothing in an existing one", async () => {
  assert.match((await run(PUBLISH, { env: { TMPDIR: "/nonexistent" } })).stderr, NO_SERVICE);
  await using directory = await tempDir();
  const env = { TMPDIR: directory.path };
  assert.match((await run(PUBLISH, { env })).stderr, NO_SERVICE);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(directory.path)), []);
});

test("ignores a package.json in $TMPDIR and in its directory", async () => {
  await using directory = await tempDir();
  await Deno.mkdir(directory.join("below"));
  await Deno.writeTextFile(directory.join("package.json"), "{ not json");
  for (const cwd of [directory.path, directory.join("below")]) {
    const { code, stderr } = await run(["--help"], { cwd, env: { TMPDIR: directory.path } });
    assert.deepEqual([code, stderr], [0, ""]);
  }
});

test("finds the host's name, when LD_LIBRARY_PATH is set", async () => {
  await using directory = await tempDir();
  const settings = [
    `df.sqlite_path=${directory.join("db.sqlite3")}`,
    `df.publisher_multiproc_socket=${directory.join("socket")}`,
    "df.publisher_port=0",
  ];
  const args = ["serve", ...settings.flatMap((setting) => ["--set", setting])];
  const env = { LD_LIBRARY_PATH: "/nonexistent" };
  const { stderr } = await run(args, { env, by: ["timeout", "--signal=TERM", "5"] });
  assert.match(stderr, /\bREADY\b/);
});

test("reads no variable that it does not know", async () => {
  const sources = ["--set", "df.nb_db_class=redis", "--set", "df.remote_db_hosts=127.0.0.1:1"];
  const { code, stderr } = await run(["publishers", "list", ...sources], { env: { DEBUG: "*" } });
  assert.equal(code, 3, stderr);
  assert.doesNotMatch(stderr, /ioredis/);
});
