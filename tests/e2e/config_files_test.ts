import assert from "node:assert/strict";
import { runHere } from "../support/command_here.ts";
import { programCommand, run } from "../support/program.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A user's configuration directory with a file in it. */
async function userDirectory() {
  const directory = await tempDir();
  const path = directory.join("df-pubsub", "df-pubsub.ini");
  await Deno.mkdir(directory.join("df-pubsub"), { recursive: true });
  await Deno.writeTextFile(path, "[df]\nsqlite_path = /user-file\n");
  await Deno.writeTextFile(directory.join("own.ini"), "[df]\nsqlite_path = /own-file\n");
  return { ...directory, configuration: path };
}

interface Shown {
  readonly value: string | undefined;
  readonly stderr: string;
}

/** The value of `[df] sqlite_path` and the files in the output of `config show`. */
async function shown(args: readonly string[], env: Record<string, string>): Promise<Shown> {
  const { code, stdout, stderr } = await runHere(["config", "show", ...args], { env });
  assert.equal(code, 0, stderr);
  const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  return { value: rows.find(({ name }) => name === "sqlite_path")?.value, stderr };
}

Deno.test("a command reads the user's file and says so, when no other file is named", async () => {
  await using directory = await userDirectory();
  const { configuration } = directory;
  const env = { XDG_CONFIG_HOME: directory.path, DF_PUBSUB_CONFIG: "" };
  const said = `Configuration: ${configuration}\n`;
  assert.deepEqual(await shown([], env), { value: "/user-file", stderr: said });
  const listed = await run(["publishers", "list", "-v", "--set", "df.nb_db_class=memory"], { env });
  assert(listed.stderr.includes(`Configuration: ${configuration}`), listed.stderr);
});

Deno.test("a command reads other files instead of the user's, when a variable or a flag names them", async () => {
  await using directory = await userDirectory();
  const own = directory.join("own.ini");
  const env = { XDG_CONFIG_HOME: directory.path, DF_PUBSUB_CONFIG: "" };
  const byVariable = await shown([], { ...env, DF_PUBSUB_CONFIG: own });
  assert.deepEqual(byVariable, { value: "/own-file", stderr: `Configuration: ${own}\n` });
  const byFlag = await shown(["--config-file", own], env);
  assert.deepEqual(byFlag, { value: "/own-file", stderr: `Configuration: ${own}\n` });
  const { value, stderr } = await shown(["--no-config"], env);
  assert.match(value ?? "", /northbound\.sqlite3$/);
  assert.equal(stderr, "Configuration: none (--no-config)\n");
});

Deno.test("a command ends with 2, when the file in DF_PUBSUB_CONFIG is missing", async () => {
  const env = { DF_PUBSUB_CONFIG: "/nonexistent/df-pubsub.ini" };
  const { code, stdout, stderr } = await run(["publishers", "list"], { env });
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /"\/nonexistent\/df-pubsub\.ini"/);
});

Deno.test("config check ends with the reason, when a file is a FIFO or a directory", async () => {
  await using directory = await tempDir();
  const fifo = directory.join("fifo");
  assert.equal((await new Deno.Command("mkfifo", { args: [fifo] }).output()).code, 0);
  for (const [path, what] of [[fifo, "is a FIFO"], [directory.path, "is a directory"]] as const) {
    const { code, stdout, stderr } = await runHere(["config", "check", "--config-file", path]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert(stderr.includes(`"${path}" cannot be read: ${what}, wanted a file`), stderr);
  }
});

Deno.test({
  name: "config check reads process substitution of the shell",
  // The executable has no permission to read an inherited descriptor.
  ignore: Deno.env.has("DF_PUBSUB_BINARY"),
  fn: async () => {
    const script = '"$@" --config-file <(printf "[df]\\npublisher_port = x\\n")';
    const args = ["-c", script, "bash", ...programCommand(["config", "check"])];
    const { code, stderr } = await new Deno.Command("bash", { args }).output();
    assert.equal(code, 2);
    assert.match(new TextDecoder().decode(stderr), /:2: df\.publisher_port is "x"/);
  },
});

/** Runs a command with another directory as `/etc`. */
const ON_ANOTHER_ETC = ["unshare", "-rm", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"'];

Deno.test({
  name: "a command reads the system's file and its conf.d, when the user has none",
  // A container may forbid new namespaces, and a test must not write to the real /etc.
  ignore: !(await new Deno.Command("unshare", { args: ["-rm", "true"] }).output()).success,
  fn: async () => {
    await using directory = await tempDir();
    const parts = directory.join("df-pubsub", "conf.d");
    await Deno.mkdir(parts, { recursive: true });
    await Deno.writeTextFile(
      directory.join("df-pubsub", "df-pubsub.ini"),
      "[df]\nsqlite_path = /a\n",
    );
    await Deno.writeTextFile(`${parts}/20-b.conf`, "[df]\nsqlite_path = /c\n");
    await Deno.writeTextFile(`${parts}/10-a.conf`, "[df]\nsqlite_path = /b\n");
    await Deno.writeTextFile(`${parts}/30.conf.dpkg-old`, "no configuration");
    const [program, ...args] = [
      ...ON_ANOTHER_ETC,
      directory.path,
      ...programCommand(["config", "show", "--only-set"]),
    ];
    const { stdout, stderr } = await new Deno.Command(program ?? "", {
      args,
      env: { DF_PUBSUB_CONFIG: "", XDG_CONFIG_HOME: directory.path + "/nothing" },
    }).output();
    const text = new TextDecoder();
    const files = ["df-pubsub.ini", "conf.d/10-a.conf", "conf.d/20-b.conf"];
    const paths = files.map((file) => `/etc/df-pubsub/${file}`);
    const lines = text.decode(stderr).split("\n");
    assert(lines.includes(`Configuration: ${paths.join(", ")}`), lines.join("\n"));
    assert.match(
      text.decode(stdout),
      /"value":"\/c",.*"origin":"\/etc\/df-pubsub\/conf\.d\/20-b\.conf:2"/,
    );
  },
});

Deno.test("a command reads files and directories in the order of their flags, the last one wins", async () => {
  await using directory = await userDirectory();
  const own = directory.join("own.ini");
  await Deno.writeTextFile(directory.join("part.conf"), "[df]\nsqlite_path = /part-file\n");
  const flags = { file: ["--config-file", own], directory: ["--config-dir", directory.path] };
  const last = async (...args: string[]) => (await shown(args, {})).value;
  assert.equal(await last(...flags.directory, ...flags.file), "/own-file");
  assert.equal(await last(...flags.file, ...flags.directory), "/part-file");
});
