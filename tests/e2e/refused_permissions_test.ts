import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { programArgs } from "../support/program.ts";

const isCompiled = Deno.env.get("DF_PUBSUB_BINARY") !== undefined;
const EVENT = ["--action", "sync"];
const COMMANDS: readonly (readonly string[])[] = [
  ["publish", ...EVENT],
  ["publish", ...EVENT, "--confirm"],
  ["subscribe"],
  ["serve"],
  ["publishers", "list"],
  ["check", "--no-service"],
];
const REDIS = {
  "df.nb_db_class": "redis_nb_db_driver",
  "df.pub_sub_driver": "redis_db_pubsub_driver",
  "df.pub_sub_use_multiproc": false,
  "df.remote_db_hosts": "127.0.0.1:1",
  "df.http_address": "",
};
const TIMEOUT_MS = 30_000;

// The library may be opened, but no memory may be passed to it: the runtime throws its own error
// while a socket is opened.
Deno.test({
  name:
    "each command ends with the reason, when the runtime denies a permission that a socket needs",
  ignore: isCompiled,
  fn: async () => {
    await using deployment = await Deployment.create({ "df.http_address": "" });
    const permissions = ["read", "write", "net", "env", "sys", "run"].map((it) => `--allow-${it}`);
    const scoped = [...permissions, "--allow-ffi=/nonexistent/library.so"];
    const usesSocket = (args: readonly string[]) =>
      /^(publish|subscribe|serve)$/.test(`${args[0]}`);
    for (const args of COMMANDS.filter(usesSocket)) {
      const { code, stderr } = await endOf([...args, ...deployment.flags()], scoped);
      assert.equal(code, 3, `${args.join(" ")}: ${stderr}`);
      assert.match(stderr, /^df-pubsub: Cannot load libc from .*: Requires ffi access/m);
    }
  },
});

Deno.test({
  name: "each command ends with the reason, when the runtime denies the network",
  ignore: isCompiled,
  fn: async () => {
    await using deployment = await Deployment.create(REDIS);
    for (const args of COMMANDS) {
      const ended = await endOf([...args, ...deployment.flags()], ["-A", "--deny-net"]);
      assert.equal(ended.code, 3, `${args.join(" ")}: ${ended.stderr}`);
      assert.match(ended.stderr + ended.stdout, /Requires net access to/);
    }
  },
});

/** A command that has not ended in time is killed, and has no exit code of its own. */
async function endOf(args: readonly string[], permissions: readonly string[]) {
  const [run = "", , ...rest] = programArgs(args);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [run, "--no-prompt", ...permissions, ...rest],
    signal: AbortSignal.timeout(TIMEOUT_MS),
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
